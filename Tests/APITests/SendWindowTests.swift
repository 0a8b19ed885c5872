import ChannelSDK
import HTTPTypes
import HummingbirdTesting
import Pipeline
import SQLiteBackend
import Testing

/// `notBefore` and `expiresAt` of a request.
@Suite(.timeLimit(.minutes(10)))
struct SendWindowTests {
    private static func request(_ members: String) -> String {
        #"{"channel":"sms","to":"+15551230001","body":"x"\#(members.isEmpty ? "" : ",")\#(members)}"#
    }

    private static func later(_ seconds: Int) -> String {
        (SQLiteBackend.SystemClock().now() + .seconds(seconds)).description
    }

    @Test func theyAreKeptAndShown() async throws {
        try await LiveAPI.run { (api) async throws in
            let (notBefore, expiresAt) = (Self.later(3600), Self.later(7200))
            let sent = try await api.post(
                "/notifications", Self.request(#""notBefore":"\#(notBefore)","expiresAt":"\#(expiresAt)""#))
            #expect(sent.status == .accepted, "\(sent.text)")
            let id = try #require(sent.json["id"] as? String)
            let shown = try await api.getWhenProjected("/notifications/\(id)").json
            #expect(shown["notBefore"] as? String == notBefore && shown["expiresAt"] as? String == expiresAt)
            let delivery = (shown["deliveries"] as? [[String: Any]])?.first
            let waiting = delivery?["waiting"] as? [String: Any]
            #expect(waiting?["reason"] as? String == "scheduled" && waiting?["until"] as? String == notBefore)
            let listed = try await api.get("/notifications?recipient=%2B15551230001").json
            let item = (listed["notifications"] as? [[String: Any]])?.first
            #expect(item?["notBefore"] as? String == notBefore && item?["expiresAt"] as? String == expiresAt)
            #expect(api.provider.bodies.isEmpty)
            #expect(try await api.delete("/notifications/\(id)").json["status"] as? String == "canceled")
        }
    }

    /// What is over already, or written in another way of the standard, is the same moment.
    @Test func aMomentThatIsOverIsNow() async throws {
        try await LiveAPI.run { (api) async throws in
            for text in ["2026-01-01T00:00:00Z", "1969-12-31T23:59:59.5+01:00", "2026-01-01 00:00:00-00:00"] {
                let sent = try await api.post("/notifications", Self.request(#""notBefore":"\#(text)""#))
                let id = try #require(sent.json["id"] as? String, "\(sent.text)")
                let shown = try await api.notification(id) { $0["status"] as? String == "queued" }
                #expect(shown["notBefore"] as? String == Timestamp(rfc3339: text)?.description)
            }
            let plain = try await api.post("/notifications", Self.request(#""notBefore":null,"expiresAt":null"#))
            let id = try #require(plain.json["id"] as? String)
            let shown = try await api.getWhenProjected("/notifications/\(id)").json
            #expect(shown["id"] as? String == id && shown["notBefore"] == nil && shown["expiresAt"] == nil)
        }
    }

    @Test func whatCanNotBeIsRefused() async throws {
        let (day, moment) = (86_400, Self.later(600))
        let cases: [(members: String, fields: [String])] = [
            (#""notBefore":"tomorrow""#, ["notBefore"]), (#""expiresAt":1800000000"#, ["expiresAt"]),
            (#""notBefore":"2027-02-30T00:00:00Z""#, ["notBefore"]),
            (#""notBefore":"2027-01-01T00:00:00""#, ["notBefore"]),
            (#""expiresAt":"2099-01-01T00:00:00Zjunk""#, ["expiresAt"]),
            (#""notBefore":"\#(Self.later(401 * day))""#, ["notBefore"]),
            (#""expiresAt":"\#(Self.later(-1))""#, ["expiresAt"]),
            (#""notBefore":"\#(moment)","expiresAt":"\#(moment)""#, ["expiresAt"]),
            (#""notBefore":"\#(Self.later(401 * day))","expiresAt":"\#(moment)""#, ["expiresAt", "notBefore"]),
        ]
        try await LiveAPI.run { (api) async throws in
            for (members, fields) in cases {
                let answer = try await api.post("/notifications", Self.request(members))
                #expect(answer.status == .unprocessableContent && answer.fields.sorted() == fields, "\(answer.text)")
            }
            let far = try await api.post("/notifications", Self.request(#""notBefore":"\#(Self.later(399 * day))""#))
            #expect(far.status == .accepted, "\(far.text)")
            #expect(try await api.backend.store.counts().notifications <= 1)
        }
    }

    /// Another time under the same name is another request.
    @Test func theyBelongToTheRequest() async throws {
        try await LiveAPI.run { (api) async throws in
            let (one, two) = (Self.later(3600), Self.later(7200))
            for (number, template) in [#""#, #""tags":["t"],"#].enumerated() {
                func request(_ members: String) -> String {
                    Self.request(#"\#(template)"externalId":"e\#(number)"\#(members)"#)
                }
                let first = try await api.post("/notifications", request(#","notBefore":"\#(one)""#))
                let id = try #require(first.json["id"] as? String, "\(first.text)")
                _ = try await api.getWhenProjected("/notifications/\(id)")
                for (members, status) in [
                    (#","notBefore":"\#(one)""#, 202), (#","notBefore":"\#(two)""#, 409), ("", 409),
                    (#","notBefore":"\#(one)","expiresAt":"\#(two)""#, 409),
                ] {
                    let again = try await api.post("/notifications", request(members))
                    #expect(again.status.code == status, "\(members): \(again.text)")
                }
            }
        }
    }

    @Test func whatIsNotSentInTimeExpires() async throws {
        try await LiveAPI.run { (api) async throws in
            api.provider.beBusy()
            // A moment that is over before the request arrives is refused: then a later one.
            var (seconds, accepted) = (1, String?.none)
            while accepted == nil, seconds < 1000 {
                let sent = try await api.post("/notifications", Self.request(#""expiresAt":"\#(Self.later(seconds))""#))
                accepted = sent.json["id"] as? String
                seconds *= 2
            }
            let id = try #require(accepted)
            let ended = try await api.notification(id) { $0["status"] as? String == "expired" }
            #expect(ended["settlement"] as? String == "settled")
        }
    }
}
