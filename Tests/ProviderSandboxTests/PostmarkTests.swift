import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("Postmark", .timeLimit(.minutes(10)))
struct PostmarkTests {
    private static let token = ["X-Postmark-Server-Token": "sandbox-server-token"]

    private static func mail(to: String = "Ada <ada@example.com>") -> String {
        """
        {"From":"hello@acme.example","To":"\(to)","Subject":"Hi","TextBody":"hello","MessageStream":"outbound",
         "Metadata":{"delivery":"d1"}}
        """
    }

    @Test("a mail is answered with its id")
    func answer() async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(Self.mail(), to: "/email", headers: Self.token)
            #expect(response.status == .ok)
            let json = try #require(JSONParser.parse(response.body))
            #expect(json["ErrorCode"] == 0)
            #expect(json["To"]?.text == "Ada <ada@example.com>")
            let id = try #require(json["MessageID"]?.text)
            #expect(UUID(uuidString: id) != nil)
            #expect(try await sandbox.ledger().messages.first?.sid == id)
        }
    }

    @Test(
        "errors, as Postmark numbers them",
        arguments: [
            (mail(), "other", 401, 10), ("no", nil, 422, 402), (mail(to: ""), nil, 422, 300),
            (mail(to: "nobody"), nil, 422, 300), (mail(to: "a@b.example, c@d.example"), nil, 422, 300),
            (mail().replacing("hello@acme.example", with: ""), nil, 422, 300),
            (mail().replacing("\"hello\"", with: "\"\""), nil, 422, 300),
            (mail(to: "refused@x.example"), nil, 422, 300),
            (mail(to: "dropped@x.example"), nil, 422, 406), (mail(to: "unavailable@x.example"), nil, 503, 100),
        ] as [(String, String?, Int, Int)])
    func errors(body: String, token: String?, status: Int, code: Int) async throws {
        try await LiveSandbox.run { sandbox in
            let headers = token.map { ["X-Postmark-Server-Token": $0] } ?? Self.token
            let response = try await sandbox.post(body, to: "/email", headers: headers)
            #expect(response.status.code == status)
            #expect(JSONParser.parse(response.body)?["ErrorCode"] == .number("\(code)"))
        }
    }

    @Test(
        "webhooks carry the configured user and password, and the metadata",
        arguments: [
            ("ada@example.com", [("Delivery", nil)]), ("bounced@x.example", [("Bounce", "HardBounce")]),
            ("deferred@x.example", [("Bounce", "Transient"), ("Delivery", nil)]),
            ("complained@x.example", [("Delivery", nil), ("SpamComplaint", "SpamComplaint")]),
            ("bounced-late@x.example", [("Delivery", nil), ("Bounce", "HardBounce")]),
        ] as [(String, [(String, String?)])])
    func webhooks(to: String, expected: [(String, String?)]) async throws {
        try await CallbackReceiver.run { receiver in
            let url = try CallbackURL("http://localhost:\(receiver.port)/webhooks/email")
            let settings = ProviderSettings(postmark: PostmarkSettings(webhook: url))
            try await LiveSandbox.run(providers: settings) { sandbox in
                let response = try await sandbox.post(Self.mail(to: to), to: "/email", headers: Self.token)
                let requests = await receiver.next(expected.count)
                #expect(requests.map { $0.json?["RecordType"]?.text } == expected.map(\.0))
                #expect(requests.map { $0.json?["Type"]?.text } == expected.map(\.1))
                let id = JSONParser.parse(response.body)?["MessageID"]
                #expect(requests.allSatisfy { $0.json?["MessageID"] == id && id != nil })
                #expect(requests.allSatisfy { $0.json?["Metadata"]?["delivery"]?.text == "d1" })
                let credentials = ProviderCase.basic("postmark", "sandbox-webhook-password")
                #expect(requests.allSatisfy { $0[header: "Authorization"] == credentials })
                let times = ["DeliveredAt", "BouncedAt"]
                #expect(requests.allSatisfy { request in times.contains { request.json?[$0]?.nonEmpty != nil } })
            }
        }
    }
}
