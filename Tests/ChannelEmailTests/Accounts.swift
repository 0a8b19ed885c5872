import ChannelEmail
import ChannelSDK
import ChannelTesting
import FoundationEssentials

/// The accounts that the tests use: their settings, and what they are sent.
enum Accounts {
    static let from = SettingValue.string("Acme <hello@acme.example>")
    static let all: [String: [String: SettingValue]] = [
        "sendgrid": [
            "api_key": .secret(Secret("SG.abcdefgh.0123456789")), "from": from,
            "webhook_public_key": .string(
                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaIN"
                    + "XvVpiglSI8eNEc6wEA3F+g=="),
        ],
        "postmark": [
            "server_token": .secret(Secret("b1946ac9-2492-4d23-47c6-235b4d2611be")), "from": from,
            "webhook_username": .string("postmark"), "webhook_password": .secret(Secret("pass-7f3a1c")),
        ],
        "mailgun": [
            "api_key": .secret(Secret("key-11223344556677889900")), "domain": .string("mg.acme.example"), "from": from,
            "webhook_signing_key": .secret(Secret("key-0p6mqbf74lb20gzq9f4dhpn9rg3zyk26")),
        ],
        "resend": [
            "api_key": .secret(Secret("re_AbCdEf_123456789")), "from": from,
            "webhook_secret": .secret(Secret("whsec_ESwTAuuIe3yfH4DgdgI+ENsiNzPAGdp+")),
        ],
        "ses": ses,
        "smtp": [
            "host": .string("mx.acme.example"), "tls": .string("starttls"), "username": .string("switchboard"),
            "password": .secret(Secret("hush-4f9d195432")), "authentication": .string("any"), "from": from,
            "bounce_domain": .string("bounces.acme.example"),
            "webhook_token": .secret(Secret("token-0123456789abcdef")),
        ],
    ]
    static let overHTTP = all.keys.filter { $0 != "smtp" }.sorted()

    static func kit(
        _ provider: String, _ changes: [String: SettingValue?] = [:],
        now: Timestamp = Timestamp(seconds: 1_767_323_045), unsubscribeLinks: UnsubscribeLinks? = nil,
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResult = { _ in .success(HTTPResponse(status: 200)) },
        reply: @escaping @Sendable (SMTPSubmission) -> SMTPResult = { _ in
            .success(SMTPReply(stage: .message, code: 250, text: "OK"))
        }
    ) throws -> ChannelTestKit<EmailChannel> {
        var settings = all[provider] ?? [:]
        for (name, value) in changes { settings[name] = value }
        return try ChannelTestKit(
            provider: provider, settings: settings, now: now, unsubscribeLinks: unsubscribeLinks, answer: answer,
            reply: reply)
    }

    static func answer(_ status: Int, _ body: String = "", _ headers: HTTPHeaders = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
    }

    /// A webhook, not signed.
    static func webhook(_ body: String, headers: HTTPHeaders = ["Content-Type": "application/json"]) -> WebhookRequest {
        WebhookRequest(
            method: "POST", url: "https://notify.example.com/webhooks/email", headers: headers, body: Array(body.utf8),
            receivedAt: Timestamp(seconds: 1_767_323_045))
    }

    static let content = MessageContent(recipient: "ada@example.com", body: "Hi there", subject: "Hello")

    /// Everything that a mail can have.
    static let fullContent = MessageContent(
        recipient: "ada@example.com", body: "Hi é🎉\n", subject: "Hellö \"you\"",
        options: [
            "html": "<p>Hi</p>", "from": "\"Acme, Inc.\" <news@acme.example>", "reply_to": "help@acme.example",
            "unsubscribe_url": "https://acme.example/u?x=1", "unheard_of": "x",
        ])

    static func accepted(_ id: String?) -> DeliveryOutcome {
        .accepted(Acceptance(providerMessageID: id, status: "queued"))
    }

    static func rejected(_ kind: DeliveryFailure.Kind, _ code: String, _ message: String) -> DeliveryOutcome {
        .rejected(DeliveryFailure(kind, code: code, message: message))
    }
}

/// The published signature vectors in Tests/Fixtures, which several test targets share.
struct EmailVectors: Decodable {
    struct Group<Vector: Decodable>: Decodable { let vectors: [Vector] }

    struct SendGrid: Decodable {
        let key, timestamp, body, signature: String

        init(from decoder: any Decoder) throws {
            let fields = try decoder.singleValueContainer().decode([String: String].self)
            key = fields["public_key"] ?? fields["public_key_b64_der"] ?? ""
            timestamp = fields["timestamp"] ?? ""
            body = fields["body"] ?? ""
            signature = fields["signature"] ?? fields["signature_b64_der"] ?? ""
        }
    }

    struct Mailgun: Decodable {
        let signingKey, timestamp, token, signature: String

        enum CodingKeys: String, CodingKey {
            case timestamp, token, signature
            case signingKey = "signing_key"
        }
    }

    struct Resend: Decodable {
        let secret, id, timestamp, body, signature: String

        enum CodingKeys: String, CodingKey {
            case secret, body
            case id = "svix-id"
            case timestamp = "svix-timestamp"
            case signature = "svix-signature"
        }
    }

    let sendgrid: Group<SendGrid>
    let mailgun: Group<Mailgun>
    let resend: Group<Resend>

    enum CodingKeys: String, CodingKey {
        case sendgrid, mailgun
        case resend = "resend_svix"
    }

    static func load(from file: String = #filePath) throws -> EmailVectors {
        let tests = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: "/\(tests)/Fixtures/provider-signatures.json"))
        return try JSONDecoder().decode(Self.self, from: data)
    }
}
