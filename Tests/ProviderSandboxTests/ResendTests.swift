import Crypto
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("Resend", .timeLimit(.minutes(10)))
struct ResendTests {
    private static let key = ["Authorization": "Bearer re_sandbox_api_key"]

    private static func mail(to: String = "ada@example.com") -> String {
        """
        {"from":"Acme <hello@acme.example>","to":["\(to)"],"subject":"Hi","text":"hello",
         "tags":[{"name":"delivery","value":"d1"}]}
        """
    }

    @Test("signatures as published")
    func signatures() throws {
        for vector in try SignatureVectors.of("resend_svix") {
            let signer = try #require(SvixSigner(secret: vector["secret"]?.text ?? ""))
            let body = ByteBuffer(string: try #require(vector["body"]?.text))
            let id = try #require(vector["svix-id"]?.text)
            let timestamp = try #require(vector["svix-timestamp"]?.text)
            let signature = signer.signature(id: id, timestamp: timestamp, body: body)
            #expect(signature == vector["svix-signature"]?.text)
        }
    }

    @Test(
        "errors, by Resend's names",
        arguments: [
            (mail(), [:], 401, "missing_api_key"), (mail(), ["Authorization": "Bearer x"], 403, "invalid_api_key"),
            ("no", key, 400, "validation_error"), ("{}", key, 422, "missing_required_field"),
            (mail().replacing("hello@acme", with: "hello acme"), key, 422, "validation_error"),
            (mail(to: "nobody"), key, 422, "validation_error"), (mail(to: ""), key, 422, "missing_required_field"),
            (mail(to: "refused@x.example"), key, 422, "validation_error"),
            (mail().replacing("\"d1\"", with: "\"d.1\""), key, 422, "validation_error"),
            (mail().replacing("\"hello\"", with: "\"\""), key, 422, "missing_required_field"),
            (
                mail(), key.merging(["Idempotency-Key": String(repeating: "k", count: 257)]) { $1 }, 400,
                "invalid_idempotency_key"
            ),
            (mail(to: "unavailable@x.example"), key, 503, "application_error"),
        ] as [(String, [String: String], Int, String)])
    func errors(body: String, headers: [String: String], status: Int, name: String) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(body, to: "/emails", headers: headers)
            #expect(response.status.code == status)
            let json = JSONParser.parse(response.body)
            #expect(json?["name"]?.text == name)
            #expect(json?["statusCode"] == .number("\(status)"))
        }
    }

    @Test("an idempotency key is good for one mail")
    func idempotency() async throws {
        try await LiveSandbox.run { sandbox in
            let headers = Self.key.merging(["Idempotency-Key": "k1"]) { $1 }
            let first = try await sandbox.post(Self.mail(), to: "/emails", headers: headers)
            let again = try await sandbox.post(Self.mail(), to: "/emails", headers: headers)
            let other = try await sandbox.post(Self.mail(to: "b@example.com"), to: "/emails", headers: headers)
            #expect(first.status == .ok)
            #expect(again.body == first.body)
            #expect(other.status == .conflict)
            #expect(JSONParser.parse(other.body)?["name"]?.text == "invalid_idempotent_request")
            #expect(try await sandbox.summary()["accepted"] == 1)
            let message = try #require(try await sandbox.ledger().messages.first)
            #expect(message.delivery == "k1")
        }
    }

    @Test("what was taken without an answer is answered when it is asked again, and not sent twice")
    func lostAnswer() async throws {
        try await LiveSandbox.run(FaultRates(failAfter: 1)) { sandbox in
            let headers = Self.key.merging(["Idempotency-Key": "k1"]) { $1 }
            await #expect(throws: (any Error).self) {
                try await sandbox.post(Self.mail(), to: "/emails", headers: headers)
            }
            let again = try await sandbox.post(Self.mail(), to: "/emails", headers: headers)
            #expect(again.status == .ok)
            #expect(try await sandbox.summary()["accepted"] == 1)
        }
    }

    /// Checked with an implementation of its own.
    private static func isSigned(_ request: CallbackReceiver.Received) -> Bool {
        let parts = ["svix-id", "svix-timestamp"].map { request[header: $0] ?? "" } + [request.text]
        let key = SymmetricKey(data: Data("provider-sandbox: Resend's".utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data(parts.joined(separator: ".").utf8), using: key)
        return request[header: "svix-signature"] == "v1," + Data(code).base64EncodedString()
    }

    @Test(
        "events are signed, and repeat the tags",
        arguments: [
            ("ada@example.com", ["email.sent", "email.delivered"]),
            ("bounced@x.example", ["email.sent", "email.bounced"]),
            ("deferred@x.example", ["email.sent", "email.delivery_delayed", "email.delivered"]),
            ("dropped@x.example", ["email.suppressed"]),
            ("complained@x.example", ["email.sent", "email.delivered", "email.complained"]),
            ("twice@x.example", ["email.sent", "email.sent", "email.delivered", "email.delivered"]),
        ])
    func events(to: String, expected: [String]) async throws {
        try await CallbackReceiver.run { receiver in
            let url = try CallbackURL("http://localhost:\(receiver.port)/webhooks/email")
            let settings = ProviderSettings(resend: ResendSettings(webhook: url))
            try await LiveSandbox.run(providers: settings) { sandbox in
                let response = try await sandbox.post(Self.mail(to: to), to: "/emails", headers: Self.key)
                let requests = await receiver.next(expected.count)
                #expect(requests.allSatisfy(Self.isSigned))
                #expect(requests.map { $0.json?["type"]?.text } == expected)
                let id = JSONParser.parse(response.body)?["id"]
                #expect(requests.allSatisfy { $0.json?["data"]?["email_id"] == id && id != nil })
                #expect(requests.allSatisfy { $0.json?["data"]?["tags"]?["delivery"]?.text == "d1" })
            }
        }
    }

    @Test("an event that is sent again keeps its id")
    func repeats() async throws {
        try await CallbackReceiver.run(answers: [.internalServerError]) { receiver in
            let url = try CallbackURL("http://localhost:\(receiver.port)/webhooks/email")
            try await LiveSandbox.run(providers: ProviderSettings(resend: ResendSettings(webhook: url))) { sandbox in
                _ = try await sandbox.post(Self.mail(), to: "/emails", headers: Self.key)
                let ids = await receiver.next(3).map { $0[header: "svix-id"] }
                #expect(ids[0] == ids[1])
                #expect(ids[1] != ids[2])
            }
        }
    }
}
