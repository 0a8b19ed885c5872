import ChannelSDK
import Foundation
import HTTPTypes
import HummingbirdTesting
import Pipeline
import Testing

@Suite(.timeLimit(.minutes(10)))
struct OptOutTests {
    private func put(_ api: LiveAPI, _ path: String) async throws -> TestResponse {
        try await api.client.execute(uri: path, method: .put)
    }

    private func delete(_ api: LiveAPI, _ path: String) async throws -> TestResponse {
        try await api.client.execute(uri: path, method: .delete)
    }

    private func recipients(_ response: TestResponse) -> [String] {
        (response.json["optOuts"] as? [[String: Any]] ?? []).compactMap { $0["recipient"] as? String }
    }

    private func status(_ json: [String: Any]) -> String? { json["status"] as? String }

    /// The whole way: a genuine STOP, a notification that is not sent, a START, one that is.
    @Test func stopAndStart() async throws {
        try await LiveAPI.run { (api) async throws in
            let request = #"{"channel":"sms","to":"+15551230001","body":"x"}"#
            func say(_ word: String) async throws {
                let form = "From=%2B15551230001&To=%2B15005550006&Body=\(word)&MessageSid=SM\(word)&SmsStatus=received"
                #expect(try await api.callback(form).status == .ok)
            }
            try await say("Stop.")
            while try await api.get("/opt-outs/sms/+15551230001").status != .ok { try Task.checkCancellation() }
            let json = try await api.get("/opt-outs/sms/%2B15551230001").json
            #expect(json["recipient"] as? String == "+15551230001" && json["source"] as? String == "keyword")
            #expect(json["list"] as? String == "sms" && json["since"] is String)
            var sent = try await api.post("/notifications", request)
            var shown = try await api.notification(try #require(sent.json["id"] as? String)) {
                $0["settlement"] as? String == "settled"
            }
            let delivery = (shown["deliveries"] as? [[String: Any]])?.first
            #expect(status(shown) == "rejected" && delivery?["code"] as? String == "opted_out")
            #expect(api.provider.bodies.isEmpty)
            try await say("START")
            while try await api.get("/opt-outs/sms/+15551230001").status != .notFound { try Task.checkCancellation() }
            sent = try await api.post("/notifications", request)
            shown = try await api.notification(try #require(sent.json["id"] as? String)) { status($0) == "queued" }
            #expect(api.provider.bodies.count == 1)
        }
    }

    @Test func anOperatorsWordHoldsWhenItIsAnswered() async throws {
        try await LiveAPI.run { (api) async throws in
            let first = try await put(api, "/opt-outs/sms/1%20%28555%29")
            #expect(first.status == .ok && first.json["recipient"] as? String == "1 (555)")
            let made = try await put(api, "/opt-outs/sms/15551230001")
            #expect(made.status == .ok && made.json["source"] as? String == "api")
            // The same again is no new word.
            #expect(try await put(api, "/opt-outs/sms/%2B15551230001").text == made.text)
            #expect(try await api.get("/opt-outs/sms/+15551230001").text == made.text)
            for _ in 0..<2 {
                #expect(try await delete(api, "/opt-outs/sms/+15551230001").status == .noContent)
                #expect(try await api.get("/opt-outs/sms/+15551230001").status == .notFound)
            }
            #expect(try await put(api, "/opt-outs/sms/+15551230001").status == .ok)
        }
    }

    @Test func theListComesInPages() async throws {
        try await LiveAPI.run { (api) async throws in
            // As many characters as there may be, of as many bytes as there are.
            let longest = String(repeating: "\u{1F4EE}", count: 320)
            let all = (1...5).map { "+1555123000\($0)" } + ["ünï/cödé@example.com", longest]
            for recipient in all.shuffled() {
                let escaped = try #require(recipient.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                #expect(try await put(api, "/opt-outs/sms/\(escaped)").status == .ok)
            }
            #expect(recipients(try await api.get("/opt-outs")) == all)
            var path: String? = "/opt-outs?list=sms&limit=2"
            var read: [String] = []
            while let next = path {
                let page = try await api.get(next)
                read += recipients(page)
                try #require(read.count <= all.count)
                path = (page.json["next"] as? String).map { "/opt-outs?list=sms&limit=2&after=\($0)" }
            }
            #expect(read == all)
        }
    }

    @Test(arguments: [
        ("/opt-outs?limit=0", 400), ("/opt-outs?limit=x", 400), ("/opt-outs?limit=1001", 400),
        ("/opt-outs?limit=", 400), ("/opt-outs?limit=1&limit=1", 400), ("/opt-outs?list=", 400),
        ("/opt-outs?lists=sms", 400),
        ("/opt-outs?list=\(String(repeating: "x", count: 41))", 400), ("/opt-outs?after=", 400),
        ("/opt-outs?after=\(String(repeating: "61", count: 2001))", 400),
        ("/opt-outs?after=zz", 400), ("/opt-outs?after=736", 400), ("/opt-outs?after=73", 400),
        ("/opt-outs?list=fax", 404), ("/opt-outs/fax/x", 404), ("/opt-outs/sms/%20", 400),
        ("/opt-outs/sms/%0A%00%1C%C2%9F", 400), ("/opt-outs/sms/%FF", 400),
        ("/opt-outs/sms/%4", 400), ("/opt-outs/sms/%zz", 400),
        ("/opt-outs/sms/\(String(repeating: "x", count: 321))", 400), ("/opt-outs/sms/nobody", 404),
    ])
    func saysWhatIsWrong(path: String, code: Int) async throws {
        try await LiveAPI.run { (api) async throws in
            let response = try await api.get(path)
            #expect(response.status.code == code, "\(response.text)")
            #expect(response.json["title"] is String)
        }
    }

    @Test func theApplicationsOwnWordIsChecked() async throws {
        try await LiveAPI.run { (api) async throws in
            #expect(try await put(api, "/opt-outs/sms/+15551230001").status == .ok)
            func request(_ word: String) -> String {
                #"{"channel":"sms","to":"+15551230001","body":"x","options":{"ignore_opt_out":"\#(word)"}}"#
            }
            let refused = try await api.post("/notifications", request("yes"))
            #expect(refused.status == .unprocessableContent && refused.fields == ["options.ignore_opt_out"])
            let sent = try await api.post("/notifications", request("true"))
            let id = try #require(sent.json["id"] as? String)
            _ = try await api.notification(id) { status($0) == "queued" }
            #expect(api.provider.bodies.count == 1 && !api.provider.bodies[0].contains("ignore_opt_out"))
        }
    }
}
