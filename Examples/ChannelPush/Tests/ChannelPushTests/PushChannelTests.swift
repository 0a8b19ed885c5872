import ChannelSDK
import ChannelTesting
import CryptoExtras
import FoundationEssentials
import Synchronization
import Testing

@testable import ChannelPush

@Suite(.timeLimit(.minutes(10))) struct PushChannelTests {
    static let key = try! _RSA.Signing.PrivateKey(keySize: .bits2048)
    static let receipts = "whsec_" + Data("a secret for receipts, 32 bytes.".utf8).base64EncodedString()

    static var account: String {
        let pem = key.pemRepresentation.replacing("\n", with: "\\n")
        return """
            {"type": "service_account", "project_id": "acme", "private_key_id": "k1", "private_key": "\(pem)",
             "client_email": "push@acme.example", "token_uri": "https://tokens.example/token"}
            """
    }

    private func kit(
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResult = { Self.google($0, HTTPResponse(status: 500)) }
    ) throws -> ChannelTestKit<PushChannel> {
        try ChannelTestKit(
            PushChannel.self, provider: "fcm",
            settings: [
                "service_account": .secret(Secret(Self.account)), "base_url": .string("https://fcm.example/"),
                "receipts_secret": .secret(Secret(Self.receipts)),
            ], answer: answer)
    }

    /// A token for whoever asks for one, and `answer` for a message.
    private static func google(_ request: HTTPRequest, _ answer: HTTPResponse) -> HTTPResult {
        guard request.url == "https://tokens.example/token" else { return .success(answer) }
        return .success(
            HTTPResponse(status: 200, body: Array(#"{"access_token":"ya29.t","expires_in":3599}"#.utf8)))
    }

    @Test func descriptor() throws { try kit().checkDescriptor() }

    @Test func contents() throws {
        let file = MessageAttachment(name: "a.txt", mediaType: "text/plain", content: .bytes([1]))
        try kit().check(contents: [
            ContentCase("plain", MessageContent(recipient: "device:1", body: "Hello")),
            ContentCase("no token", MessageContent(recipient: "", body: "Hello"), problemsAt: ["to"]),
            ContentCase("two tokens", MessageContent(recipient: "a b", body: "Hello"), problemsAt: ["to"]),
            ContentCase(
                "too long", MessageContent(recipient: "t", body: String(repeating: "x", count: 3901)),
                problemsAt: ["body"]),
            ContentCase(
                "a file", MessageContent(recipient: "t", body: "Hello", attachments: [file]),
                problemsAt: ["attachments"]),
            ContentCase(
                "options", MessageContent(recipient: "t", body: "Hello", options: ["priority": "now", "image": "x"]),
                problemsAt: ["options.image", "options.priority"]),
        ])
    }

    @Test func settings() {
        for (name, file) in [("no JSON", "x"), ("no key", #"{"project_id":"a","client_email":"b","private_key":"c"}"#)]
        {
            #expect(throws: ConfigurationProblems.self, "\(name)") {
                _ = try ChannelTestKit(
                    PushChannel.self, provider: "fcm", settings: ["service_account": .secret(Secret(file))])
            }
        }
    }

    /// FCM's answers, by its own codes.
    @Test(arguments: [
        (404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found.", DeliveryFailure.Kind.recipient),
        (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "not a valid FCM registration token", .recipient),
        (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "Android message is too big", .content),
        (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "SenderId mismatch", .configuration),
        (401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", "Auth error from APNS", .configuration),
        (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "Quota exceeded", .rateLimit),
        (503, "UNAVAILABLE", "UNAVAILABLE", "unavailable", .transient),
        (500, "INTERNAL", "INTERNAL", "Internal error", .transient),
    ]) func errors(status: Int, word: String, code: String, message: String, kind: DeliveryFailure.Kind) async throws {
        let body = """
            {"error":{"code":\(status),"message":"\(message)","status":"\(word)","details":[{"@type":"x","errorCode":"\(code)"}]}}
            """
        let kit = try kit {
            Self.google($0, HTTPResponse(status: status, headers: ["Retry-After": "7"], body: Array(body.utf8)))
        }
        let outcomes = await kit.channel.delivery.deliver([kit.message(MessageContent(recipient: "t", body: "Hello"))])
        let failure = DeliveryFailure(kind, code: code, message: message)
        let expected: DeliveryOutcome =
            switch kind {
            case .rateLimit: .throttled(failure, after: .seconds(7))
            case .transient: .retry(failure, after: .seconds(7))
            default: .rejected(failure)
            }
        #expect(outcomes == [expected])
    }

    @Test func aMessageIsSentUnderAToken() async throws {
        let asked = Recorder()
        let kit = try kit { request in
            asked.note(request)
            return Self.google(
                request, HTTPResponse(status: 200, body: Array(#"{"name":"projects/acme/messages/1"}"#.utf8)))
        }
        let content = MessageContent(
            recipient: "t", body: "Hello", subject: "Hi", options: ["priority": "high", "link": "https://acme.example"])
        let outcomes = await kit.channel.delivery.deliver([kit.message(content)])
        #expect(outcomes == [.accepted(Acceptance(providerMessageID: "projects/acme/messages/1", status: "sent"))])
        let requests = asked.requests
        #expect(
            requests.map(\.url) == [
                "https://tokens.example/token", "https://fcm.example/v1/projects/acme/messages:send",
            ])
        #expect(requests.last?.headers["Authorization"] == "Bearer ya29.t")
        let sent = String(decoding: requests.last?.body ?? [], as: UTF8.self)
        let wanted = """
            {"message":{"android":{"priority":"high"},"data":{"delivery":"\(kit.delivery)","link":"https://acme.example"},\
            "notification":{"body":"Hello","title":"Hi"},"token":"t"}}
            """
        #expect(sent == wanted)
        try expectAssertion(in: requests.first?.body ?? [])
    }

    /// RFC 7523: three parts, of which the last is the account's signature.
    private func expectAssertion(in body: [UInt8]) throws {
        let assertion = try #require(FormEncoding.decode(body).first { $0.name == "assertion" }?.value)
        let parts = assertion.split(separator: ".")
        #expect(parts.count == 3)
        let text = parts.last.map { $0.replacing("-", with: "+").replacing("_", with: "/") } ?? ""
        let signature = try #require(
            Data(base64Encoded: text + String(repeating: "=", count: (4 - text.count % 4) % 4)))
        let signed = Data(parts.dropLast().joined(separator: ".").utf8)
        #expect(
            Self.key.publicKey.isValidSignature(
                .init(rawRepresentation: signature), for: signed, padding: .insecurePKCS1v1_5))
    }

    /// What is wrong with the account stays wrong; what is wrong with the way there does not.
    @Test(arguments: [(400, false), (401, false), (500, true), (429, true)])
    func withoutAToken(status: Int, isPassing: Bool) async throws {
        let kit = try kit { _ in
            .success(
                HTTPResponse(status: status, body: Array(#"{"error":"invalid_grant","error_description":"no"}"#.utf8)))
        }
        let message = kit.message(MessageContent(recipient: "t", body: "Hello"))
        let outcomes = await kit.channel.delivery.deliver([message, message])
        #expect(outcomes.count == 2)
        for outcome in outcomes {
            switch outcome {
            case .rejected(let failure): #expect(!isPassing && failure.kind == .configuration)
            case .retry(let failure, _): #expect(isPassing && failure.kind == .transient)
            default: Issue.record("\(outcome)")
            }
        }
    }

    @Test func receipts() async throws {
        let kit = try kit()
        func request(_ body: String) -> WebhookRequest {
            WebhookRequest(
                method: "POST", url: "https://notify.example/webhooks/push",
                headers: ["Content-Type": "application/json"],
                body: Array(body.utf8), receivedAt: kit.host.clock.now())
        }
        let delivered = request(#"{"delivery":"\#(kit.delivery)","event":"delivered"}"#)
        kit.check(webhooks: [
            WebhookCase(
                "delivered", delivered,
                says: WebhookContents(reports: [StatusReport(delivery: kit.delivery, kind: .status("delivered"))])),
            WebhookCase(
                "opened", request(#"{"delivery":"\#(kit.delivery)","event":"opened"}"#),
                says: WebhookContents(reports: [StatusReport(delivery: kit.delivery, kind: .engagement("opened"))])),
            WebhookCase(
                "a word of tomorrow", request(#"{"delivery":"\#(kit.delivery)","event":"seen"}"#),
                says: WebhookContents(reports: [StatusReport(delivery: kit.delivery, kind: .unknown("seen"))])),
            WebhookCase(refusing: "no delivery", request(#"{"delivery":"x","event":"delivered"}"#)),
            WebhookCase(refusing: "no JSON", request("delivered")),
        ])
    }
}

private final class Recorder: Sendable {
    private let all = Mutex<[HTTPRequest]>([])

    var requests: [HTTPRequest] { all.withLock { $0 } }

    func note(_ request: HTTPRequest) { all.withLock { $0.append(request) } }
}
