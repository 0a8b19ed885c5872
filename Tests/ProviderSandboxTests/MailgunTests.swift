import Crypto
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("Mailgun", .timeLimit(.minutes(10)))
struct MailgunTests {
    private static let path = "/v3/mg.sandbox.example/messages"
    private static let form = "application/x-www-form-urlencoded"
    private static let headers = [
        "Authorization": ProviderCase.basic("api", "sandbox-api-key"), "Content-Type": form,
    ]

    private static func mail(to: String = "ada@example.com") -> String {
        "from=Acme+%3Chello%40acme.example%3E&to=\(ProviderCase.form(to))&subject=Hi&text=hello&v%3Adelivery=d1&o%3Atag=a"
    }

    @Test("signatures as published")
    func signatures() throws {
        for vector in try SignatureVectors.of("mailgun") {
            let signer = MailgunSigner(key: try #require(vector["signing_key"]?.text))
            let timestamp = vector["timestamp"]?.text ?? ""
            let token = try #require(vector["token"]?.text)
            #expect(signer.signature(timestamp: timestamp, token: token) == vector["signature"]?.text)
        }
    }

    @Test("a mail is answered with its id in brackets")
    func answer() async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(Self.mail(), to: Self.path, headers: Self.headers)
            #expect(response.status == .ok)
            let id = try #require(JSONParser.parse(response.body)?["id"]?.text)
            #expect(id.hasPrefix("<") && id.hasSuffix("@mg.sandbox.example>"))
            #expect(try await sandbox.ledger().messages.first?.sid == String(id.dropFirst().dropLast()))
        }
    }

    @Test(
        "errors",
        arguments: [
            (path, mail(), ["Authorization": "Basic eDp5", "Content-Type": form], 401),
            ("/v3/other.example/messages", mail(), headers, 404),
            (path, mail(), headers.merging(["Content-Type": "multipart/form-data"]) { $1 }, 400),
            (path, mail(to: ""), headers, 400), (path, mail(to: "nobody"), headers, 400),
            (path, mail(to: "a@b.example,c@d.example"), headers, 400), (path, "to=a%40b.example&text=x", headers, 400),
            (path, mail().replacing("text=hello", with: "text="), headers, 400),
            (path, mail(to: "refused@x.example"), headers, 400),
            (path, mail(to: "unavailable@x.example"), headers, 503),
        ] as [(String, String, [String: String], Int)])
    func errors(path: String, body: String, headers: [String: String], status: Int) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(body, to: path, headers: headers)
            #expect(response.status.code == status)
            let isWords = status == 401 && String(buffer: response.body) == "Forbidden"
            #expect(isWords || JSONParser.parse(response.body)?["message"]?.nonEmpty != nil)
        }
    }

    private static func run(
        _ rates: FaultRates = FaultRates(), answers: [HTTPResponse.Status] = [],
        _ body: @Sendable (LiveSandbox, CallbackReceiver) async throws -> Void
    ) async throws {
        try await CallbackReceiver.run(answers: answers) { receiver in
            let url = try CallbackURL("http://localhost:\(receiver.port)/webhooks/email")
            let settings = ProviderSettings(mailgun: MailgunSettings(webhook: url))
            try await LiveSandbox.run(rates, providers: settings) { try await body($0, receiver) }
        }
    }

    /// Checked with an implementation of its own.
    private static func isSigned(_ request: CallbackReceiver.Received) -> Bool {
        let signature = request.json?["signature"]
        let text = (signature?["timestamp"]?.text ?? "") + (signature?["token"]?.text ?? "")
        let key = SymmetricKey(data: Data("sandbox-signing-key".utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)
        return signature?["signature"]?.text == code.map { String(format: "%02x", $0) }.joined()
    }

    @Test(
        "events are signed, and repeat the variables",
        arguments: [
            ("ada@example.com", [("accepted", nil, nil), ("delivered", nil, nil)]),
            ("bounced@x.example", [("accepted", nil, nil), ("failed", "permanent", "bounce")]),
            (
                "deferred@x.example",
                [("accepted", nil, nil), ("failed", "temporary", "generic"), ("delivered", nil, nil)]
            ),
            ("dropped@x.example", [("failed", "permanent", "suppress-bounce")]),
            ("complained@x.example", [("accepted", nil, nil), ("delivered", nil, nil), ("complained", nil, nil)]),
        ] as [(String, [(String, String?, String?)])])
    func events(to: String, expected: [(String, String?, String?)]) async throws {
        try await Self.run { sandbox, receiver in
            let response = try await sandbox.post(Self.mail(to: to), to: Self.path, headers: Self.headers)
            let requests = await receiver.next(expected.count)
            #expect(requests.allSatisfy(Self.isSigned))
            let events = requests.map { $0.json?["event-data"] }
            #expect(events.map { $0?["event"]?.text } == expected.map(\.0))
            #expect(events.map { $0?["severity"]?.text } == expected.map(\.1))
            #expect(events.map { $0?["reason"]?.text } == expected.map(\.2))
            #expect(events.allSatisfy { $0?["user-variables"]?["delivery"]?.text == "d1" })
            let id = try #require(JSONParser.parse(response.body)?["id"]?.text)
            #expect(events.allSatisfy { "<\($0?["message"]?["headers"]?["message-id"]?.text ?? "")>" == id })
            #expect(Set(requests.map { $0.json?["signature"]?["token"] }).count == expected.count)
        }
    }

    @Test("the same event sent again is the same bytes")
    func repeats() async throws {
        try await Self.run(FaultRates(duplicate: 1)) { sandbox, receiver in
            _ = try await sandbox.post(Self.mail(), to: Self.path, headers: Self.headers)
            let texts = await receiver.next(4).map(\.text)
            #expect(texts[0] == texts[1] && texts[2] == texts[3] && texts[0] != texts[2])
        }
    }

    @Test("406 ends the tries of an event, not of the mail")
    func refusal() async throws {
        try await Self.run(answers: [.notAcceptable]) { sandbox, receiver in
            _ = try await sandbox.post(Self.mail(), to: Self.path, headers: Self.headers)
            let events = await receiver.next(2).map { $0.json?["event-data"]?["event"]?.text }
            #expect(events == ["accepted", "delivered"])
            let summary = try await sandbox.drained()
            #expect(summary["reportsGivenUp"] == 1)
            #expect(summary["reportsAcknowledged"] == 1)
        }
    }
}
