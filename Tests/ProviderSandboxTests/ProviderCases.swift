import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

/// A provider as its clients see it: how they ask it to send a message, and what they hear of it.
struct ProviderCase: Sendable, CustomTestStringConvertible {
    struct Request: Sendable {
        var method = HTTPRequest.Method.post
        var path: String
        var headers: [String: String] = [:]
        var body = ""
    }

    /// As the ledger calls it.
    var provider: String
    /// The settings that report to this address.
    var settings: @Sendable (_ webhook: CallbackURL) -> ProviderSettings
    /// A valid request to send a message to an ordinary recipient.
    /// - Parameters:
    ///   - delivery: what the sender calls the message.
    ///   - webhook: without a query; for providers that are told with each message.
    var request: @Sendable (_ delivery: String, _ webhook: String) -> Request
    /// HTTP status of the answer to what was taken.
    var accepted = 200
    /// HTTP status of the answer to too many requests.
    var throttled = 429
    /// HTTP statuses of the answers when the provider fails.
    var failures: Set<Int> = [500, 503]
    /// The reported statuses, in the ledger's words.
    var reports: [String]
    var testDescription: String { provider }
}

extension ProviderCase {
    static let all: [ProviderCase] = [
        ProviderCase(
            provider: "meta", settings: { ProviderSettings(meta: MetaSettings(webhook: $0)) },
            request: { delivery, _ in
                Request(
                    path: "/v25.0/106540352242922/messages", headers: ["Authorization": "Bearer sandbox-access-token"],
                    body: """
                        {"messaging_product":"whatsapp","recipient_type":"individual","to":"15551234567",
                         "biz_opaque_callback_data":"\(delivery)","type":"text","text":{"body":"hello","preview_url":false}}
                        """)
            }, reports: ["sent", "delivered", "read"]),
        ProviderCase(
            provider: "twilio-whatsapp", settings: { _ in ProviderSettings() },
            request: { delivery, webhook in
                Request(
                    path: LiveSandbox.messages,
                    headers: [
                        "Authorization": LiveSandbox.authorization,
                        "Content-Type": "application/x-www-form-urlencoded",
                    ],
                    body: "To=whatsapp%3A%2B15551234567&From=whatsapp%3A%2B14155238886&Body=hello&StatusCallback="
                        + form("\(webhook)?delivery=\(delivery)"))
            }, accepted: 201, reports: ["sent", "delivered", "read"]),
        ProviderCase(
            provider: "sendgrid", settings: { ProviderSettings(sendGrid: SendGridSettings(webhook: $0)) },
            request: { delivery, _ in
                Request(
                    path: "/v3/mail/send", headers: ["Authorization": "Bearer SG.sandbox-api-key"],
                    body: """
                        {"personalizations":[{"to":[{"email":"ada@example.com"}],"custom_args":{"delivery":"\(delivery)"}}],
                         "from":{"email":"a@b.example"},"subject":"Hi","content":[{"type":"text/plain","value":"hello"}]}
                        """)
            }, accepted: 202, reports: ["processed", "delivered"]),
        ProviderCase(
            provider: "postmark", settings: { ProviderSettings(postmark: PostmarkSettings(webhook: $0)) },
            request: { delivery, _ in
                Request(
                    path: "/email", headers: ["X-Postmark-Server-Token": "sandbox-server-token"],
                    body: """
                        {"From":"a@b.example","To":"ada@example.com","Subject":"Hi","TextBody":"hello",
                         "Metadata":{"delivery":"\(delivery)"}}
                        """)
            }, reports: ["Delivery"]),
        ProviderCase(
            provider: "mailgun", settings: { ProviderSettings(mailgun: MailgunSettings(webhook: $0)) },
            request: { delivery, _ in
                Request(
                    path: "/v3/mg.sandbox.example/messages",
                    headers: [
                        "Authorization": basic("api", "sandbox-api-key"),
                        "Content-Type": "application/x-www-form-urlencoded",
                    ],
                    body: "from=a%40b.example&to=ada%40example.com&subject=Hi&text=hello&v%3Adelivery=\(delivery)")
            }, reports: ["accepted", "delivered"]),
        ProviderCase(
            provider: "resend", settings: { ProviderSettings(resend: ResendSettings(webhook: $0)) },
            request: { delivery, _ in
                Request(
                    path: "/emails",
                    headers: ["Authorization": "Bearer re_sandbox_api_key", "Idempotency-Key": delivery],
                    body: #"{"from":"a@b.example","to":"ada@example.com","subject":"Hi","text":"hello"}"#)
            }, reports: ["sent", "delivered"]),
        ProviderCase(
            provider: "ses", settings: { ProviderSettings(ses: SESSettings(webhook: $0)) },
            request: { delivery, _ in
                let body = SESTests.mail(delivery: delivery)
                return Request(path: SESTests.path, headers: SESTests.headers(body), body: body)
            }, reports: ["Send", "Delivery"]),
        ProviderCase(
            provider: "plivo", settings: { _ in ProviderSettings() },
            request: { delivery, webhook in
                Request(
                    path: "/v1/Account/MASANDBOX00000000000/Message/",
                    headers: ["Authorization": basic("MASANDBOX00000000000", "sandbox-auth-token")],
                    body: """
                        {"src":"15557654321","dst":"15551234567","text":"hello",
                         "url":"\(webhook)?delivery=\(delivery)","method":"POST"}
                        """)
            }, accepted: 202, reports: ["sent", "delivered"]),
        ProviderCase(
            provider: "vonage", settings: { ProviderSettings(vonage: VonageSettings(webhook: $0)) },
            request: { delivery, _ in
                Request(
                    path: "/sms/json", headers: ["Content-Type": "application/x-www-form-urlencoded"],
                    body: "api_key=5a4db0c5&api_secret=sandbox-api-secret&from=Acme&to=15551234567&text=hello"
                        + "&client-ref=\(delivery)")
            }, throttled: 200, failures: [200, 503], reports: ["buffered", "delivered"]),
        ProviderCase(
            provider: "vonage-messages", settings: { ProviderSettings(vonage: VonageSettings(webhook: $0)) },
            request: { delivery, _ in
                Request(
                    path: "/v1/messages", headers: ["Authorization": basic("5a4db0c5", "sandbox-api-secret")],
                    body: VonageMessagesTests.message().replacing("d1", with: delivery))
            }, accepted: 202, reports: ["submitted", "delivered"]),
        ProviderCase(
            provider: "kannel", settings: { _ in ProviderSettings() },
            request: { delivery, webhook in
                Request(method: .get, path: KannelTests.path(url: "\(webhook)?delivery=\(delivery)&status=%d"))
            }, accepted: 202, throttled: 503, reports: ["smsc-accepted", "delivered"]),
    ]

    /// All that is no letter or digit in `%` form.
    static func form(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    static func basic(_ user: String, _ password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }
}

extension LiveSandbox {
    func execute(_ request: ProviderCase.Request) async throws -> TestResponse {
        var fields: HTTPFields = [.contentType: "application/json"]
        for (name, value) in request.headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return try await client.execute(
            uri: request.path, method: request.method, headers: fields,
            body: request.method == .get ? nil : ByteBuffer(string: request.body))
    }
}
