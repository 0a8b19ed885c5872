import ChannelSDK
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Pipeline
import SQLiteBackend
import Testing

/// The address that mails have in `List-Unsubscribe`: RFC 8058.
@Suite(.timeLimit(.minutes(10)))
struct UnsubscribeTests {
    private static let keys = UnsubscribeKeys(LiveAPI.unsubscribeSecret)

    private static func path(_ recipient: String, list: String = "sms") -> String {
        "/unsubscribe/" + keys.text(of: UnsubscribeToken(list: list, recipient: recipient))
    }

    private static let oneClick = ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")

    private func optedOut(_ api: LiveAPI, _ recipient: String) async throws -> TestResponse {
        while true {
            try Task.checkCancellation()
            let shown = try await api.get("/opt-outs/sms/\(recipient)")
            if shown.status == .ok { return shown }
        }
    }

    /// The whole way: a look changes nothing, a click does, and nothing more is sent.
    @Test func aClickOptsOut() async throws {
        try await LiveAPI.run { (api) async throws in
            let path = Self.path("+15551230001")
            let page = try await api.get(path)
            #expect(page.status == .ok && page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.text.contains("<form method=\"post\">") && page.text.contains("<button"))
            #expect(!page.text.contains("+15551230001") && !page.text.contains("http"), "nothing from elsewhere")
            #expect(try await api.client.execute(uri: path, method: .head).status == .ok)
            // A later word of another is read, so that a look would have been read before it.
            #expect(try await api.post(Self.path("+15551230002"), Self.oneClick.0, type: Self.oneClick.1).status == .ok)
            _ = try await optedOut(api, "+15551230002")
            #expect(try await api.get("/opt-outs/sms/+15551230001").status == .notFound, "a look changes nothing")

            let done = try await api.post(path, Self.oneClick.0, type: Self.oneClick.1)
            #expect(done.status == .ok && done.text.contains("You are unsubscribed"))
            #expect(try await optedOut(api, "+15551230001").json["source"] as? String == "unsubscribe")
            let sent = try await api.post("/notifications", #"{"channel":"sms","to":"+15551230001","body":"x"}"#)
            let shown = try await api.notification(try #require(sent.json["id"] as? String)) {
                $0["settlement"] as? String == "settled"
            }
            #expect(shown["status"] as? String == "rejected" && api.provider.bodies.isEmpty)
        }
    }

    private static func count(_ api: LiveAPI) async throws -> Int64 {
        let ends: [Int64] = try await api.backend.log.endOffsets(of: .webhookReceived)
        return ends.reduce(Int64(0)) { $0 + $1 }
    }

    /// What is answered 200 is in the log, whatever becomes of the process then.
    @Test func theAnswerComesAfterTheLog() async throws {
        try await LiveAPI.run { (api) async throws in
            let before = try await Self.count(api)
            #expect(try await api.post(Self.path("a@example.com", list: "email"), "").status == .ok)
            #expect(try await Self.count(api) == before + 1)
        }
    }

    /// Mailbox providers post forms of both kinds, people repeat, and a mail can be older than any channel.
    @Test func whateverIsPosted() async throws {
        try await LiveAPI.run { (api) async throws in
            let multipart =
                "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"
            let bodies = [
                Self.oneClick, (multipart, "multipart/form-data; boundary=x"), ("", "text/plain"),
                ("{}", "application/json"),
            ]
            for (body, type) in bodies {
                #expect(try await api.post(Self.path("+15551230001"), body, type: type).status == .ok, "\(type)")
            }
            #expect(try await api.post(Self.path("x", list: "gone"), "").status == .ok)
            _ = try await optedOut(api, "+15551230001")
        }
    }

    @Test(arguments: ["x", "AQ", String(repeating: "A", count: 900), "%00", "AQAA", ".."])
    func aBadTokenIsNotThere(token: String) async throws {
        try await LiveAPI.run { (api) async throws in
            let answers = [try await api.get("/unsubscribe/\(token)"), try await api.post("/unsubscribe/\(token)", "")]
            for answer in answers {
                #expect(
                    answer.status == .notFound
                        && answer.text == #"{"type":"about:blank","title":"Not found","status":404}"#)
            }
        }
    }

    @Test func anotherHostsTokenIsNotThere() async throws {
        let other = UnsubscribeKeys(Secret("the secret of another host, long enough"))
        let text = other.text(of: UnsubscribeToken(list: "sms", recipient: "+15551230001"))
        try await LiveAPI.run { (api) async throws in
            #expect(try await api.get("/unsubscribe/\(text)").status == .notFound)
            #expect(try await api.post("/unsubscribe/\(text)", "").status == .notFound)
        }
    }

    @Test func aPageShowsMarkupAsText() async throws {
        try await LiveAPI.run { (api) async throws in
            let page = try await api.get(Self.path("<b>@<script>x.example"))
            #expect(page.status == .ok && !page.text.contains("<script>") && page.text.contains("&lt;script&gt;"))
            #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
        }
    }
}
