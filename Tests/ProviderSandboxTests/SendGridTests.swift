import Crypto
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("SendGrid", .timeLimit(.minutes(10)))
struct SendGridTests {
    private static let path = "/v3/mail/send"
    private static let key = ["Authorization": "Bearer SG.sandbox-api-key"]

    private static func mail(to: String = "ada@example.com", delivery: String = "d1") -> String {
        """
        {"personalizations":[{"to":[{"email":"\(to)"}],"custom_args":{"our_delivery":"\(delivery)"}}],
         "from":{"email":"hello@acme.example","name":"Acme"},"subject":"Hi",
         "content":[{"type":"text/plain","value":"hello"},{"type":"text/html","value":"<p>hello</p>"}]}
        """
    }

    @Test("a mail is answered 202 without a body, and with its id")
    func answer() async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(Self.mail(), to: Self.path, headers: Self.key)
            #expect(response.status == .accepted)
            #expect(response.body.readableBytes == 0)
            let id = try #require(response.headers[.init("X-Message-Id")!])
            #expect(try await sandbox.ledger().messages.first?.sid == id)
        }
    }

    @Test(
        "errors name the field",
        arguments: [
            (mail(), "Bearer other", 401, nil), ("no", nil, 400, nil), ("{}", nil, 400, "personalizations"),
            (#"{"personalizations":[{}]}"#, nil, 400, "personalizations.0.to"),
            (mail(to: "nobody"), nil, 400, "personalizations.0.to.0.email"),
            (mail(to: "refused@example.com"), nil, 400, "personalizations.0.to.0.email"),
            (mail().replacing("hello@acme", with: "hello acme"), nil, 400, "from.email"),
            (mail().replacing("\"Hi\"", with: "\"\""), nil, 400, "subject"),
            (mail().replacing("\"content\"", with: "\"contents\""), nil, 400, "content"),
            (mail().replacing("\"hello\"", with: "\"\""), nil, 400, "content.0.value"),
        ] as [(String, String?, Int, String?)])
    func errors(body: String, authorization: String?, status: Int, field: String?) async throws {
        try await LiveSandbox.run { sandbox in
            let headers = authorization.map { ["Authorization": $0] } ?? Self.key
            let response = try await sandbox.post(body, to: Self.path, headers: headers)
            #expect(response.status.code == status)
            let error = try #require(JSONParser.parse(response.body)?["errors"]?.elements?.first)
            #expect(error["field"] == .optional(field))
            #expect(error["message"]?.nonEmpty != nil)
        }
    }

    @Test("too many requests say when the next are allowed")
    func throttled() async throws {
        try await LiveSandbox.run(FaultRates(throttle: 1)) { sandbox in
            let response = try await sandbox.post(Self.mail(), to: Self.path, headers: Self.key)
            #expect(response.status == .tooManyRequests)
            #expect(response.headers[.init("X-RateLimit-Reset")!].flatMap { Int($0) } != nil)
        }
    }

    private static func run(
        batchWindow: TimeAmount = .zero, _ body: @Sendable (LiveSandbox, CallbackReceiver) async throws -> Void
    ) async throws {
        try await CallbackReceiver.run { receiver in
            let url = try CallbackURL("http://localhost:\(receiver.port)/webhooks/email")
            let settings = ProviderSettings(sendGrid: SendGridSettings(webhook: url))
            try await LiveSandbox.run(providers: settings, batchWindow: batchWindow) { try await body($0, receiver) }
        }
    }

    /// Checked as a receiver does, with the public key that the sandbox shows.
    private static func isSigned(_ request: CallbackReceiver.Received, altered: Bool = false) throws -> Bool {
        let shown = try #require(Data(base64Encoded: SendGridSettings().publicKey))
        let key = try P256.Signing.PublicKey(derRepresentation: shown)
        let encoded = try #require(request[header: "X-Twilio-Email-Event-Webhook-Signature"])
        let signature = try P256.Signing.ECDSASignature(
            derRepresentation: try #require(Data(base64Encoded: encoded)))
        let timestamp = try #require(request[header: "X-Twilio-Email-Event-Webhook-Timestamp"])
        var signed = Data(timestamp.utf8) + Data(request.body.readableBytesView)
        if altered { signed.removeLast(2) }
        return key.isValidSignature(signature, for: signed)
    }

    @Test("events are signed with the line break at the end, and repeat the custom arguments")
    func events() async throws {
        try await Self.run { sandbox, receiver in
            let response = try await sandbox.post(Self.mail(), to: Self.path, headers: Self.key)
            let id = try #require(response.headers[.init("X-Message-Id")!])
            let requests = await receiver.next(2)
            for request in requests {
                #expect(try Self.isSigned(request))
                #expect(try !Self.isSigned(request, altered: true))
                #expect(request.text.hasSuffix("]\r\n"))
            }
            let events = requests.flatMap { $0.json?.elements ?? [] }
            #expect(events.map { $0["event"]?.text } == ["processed", "delivered"])
            #expect(events.allSatisfy { $0["our_delivery"]?.text == "d1" && $0["email"]?.text == "ada@example.com" })
            #expect(events.allSatisfy { $0["sg_message_id"]?.text?.hasPrefix("\(id).") == true })
            #expect(Set(events.map { $0["sg_event_id"]?.text }).count == 2)
        }
    }

    @Test("events of several mails go out in one request")
    func batches() async throws {
        try await Self.run(batchWindow: .milliseconds(400)) { sandbox, receiver in
            for number in 0..<12 {
                let body = Self.mail(delivery: "d\(number)")
                _ = try await sandbox.post(body, to: Self.path, headers: Self.key)
            }
            var events: [JSON] = []
            var most = 0
            while events.count < 24, let request = await receiver.next(1).first {
                #expect(try Self.isSigned(request))
                let some = request.json?.elements ?? []
                most = max(most, some.count)
                events += some
            }
            #expect(most > 1)
            #expect(Set(events.map { $0["sg_event_id"]?.text }).count == 24)
        }
    }

    @Test(
        "addresses with a meaning",
        arguments: [
            ("bounced@x.example", ["processed", "bounce"], "5.1.1"), ("dropped@x.example", ["dropped"], "5.0.0"),
            ("deferred@x.example", ["processed", "deferred", "delivered"], nil),
            ("Bounced-Late+a@x.example", ["processed", "delivered", "bounce"], "5.1.1"),
            ("complained@x.example", ["processed", "delivered", "spamreport"], nil),
            ("never-final@x.example", ["processed"], nil), ("reversed@x.example", ["delivered", "processed"], nil),
        ] as [(String, [String], String?)])
    func mailboxes(to: String, expected: [String], status: String?) async throws {
        try await Self.run { sandbox, receiver in
            _ = try await sandbox.post(Self.mail(to: to), to: Self.path, headers: Self.key)
            let events = await receiver.next(expected.count).flatMap { $0.json?.elements ?? [] }
            #expect(events.map { $0["event"]?.text } == expected)
            #expect(events.last?["status"]?.text == status)
        }
    }
}
