import ChannelSDK
import Foundation
import HTTPTypes
import HummingbirdTesting
import Pipeline
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ResolutionTests {
    private func held(_ api: LiveAPI) async throws -> String {
        api.provider.loseAnswers()
        let response = try await api.post("/notifications", #"{"channel":"sms","to":"+15551230001","body":"x"}"#)
        let id = try #require(response.json["id"] as? String)
        _ = try await api.notification(id) { waiting($0) == "held" }
        api.provider.answerAgain()
        return id
    }

    private func deliveries(_ json: [String: Any]) -> [[String: Any]] { json["deliveries"] as? [[String: Any]] ?? [] }

    private func waiting(_ json: [String: Any]) -> String? {
        (deliveries(json).first?["waiting"] as? [String: Any])?["reason"] as? String
    }

    @Test func aHeldDeliveryIsSentAgain() async throws {
        try await LiveAPI.run(uncertain: .hold) { (api) async throws in
            let id = try await held(api)
            let response = try await api.post("/notifications/\(id)/resolution", #"{"decision":"resend"}"#)
            #expect(response.status == .accepted)
            let json = try await api.notification(id) {
                deliveries($0).count == 2 && $0["status"] as? String == "queued"
            }
            #expect(deliveries(json)[0]["settlement"] as? String == "closed")
            #expect(api.provider.bodies.count == 2)
        }
    }

    @Test func aHeldDeliveryIsGivenUp() async throws {
        try await LiveAPI.run(uncertain: .hold) { (api) async throws in
            let id = try await held(api)
            let body = #"{"decision":"give_up","delivery":"\#(id).1"}"#
            #expect(try await api.post("/notifications/\(id)/resolution", body).status == .accepted)
            let json = try await api.notification(id) { $0["settlement"] as? String == "closed" }
            #expect(json["status"] as? String == "uncertain")
            #expect(api.provider.bodies.count == 1)
            // The first decision holds.
            let again = try await api.post("/notifications/\(id)/resolution", #"{"decision":"resend"}"#)
            #expect(again.status == .conflict)
        }
    }

    @Test(arguments: [
        (#"{"decision":"later"}"#, ["decision"]), ("{}", ["decision"]), ("[]", [""]),
        (#"{"decision":"resend","delivery":"x"}"#, ["delivery"]), (#"{"decision":1,"why":"x"}"#, ["decision", "why"]),
    ])
    func namesWhatIsWrong(body: String, fields: [String]) async throws {
        try await LiveAPI.run { (api) async throws in
            let sent = try await api.post("/notifications", #"{"channel":"sms","to":"+15551230001","body":"x"}"#)
            let id = try #require(sent.json["id"] as? String)
            let response = try await api.post("/notifications/\(id)/resolution", body)
            #expect(response.status == .unprocessableContent)
            #expect(response.fields.sorted() == fields)
        }
    }

    @Test func whatIsNotHeldCannotBeDecided() async throws {
        try await LiveAPI.run { (api) async throws in
            let sent = try await api.post("/notifications", #"{"channel":"sms","to":"+15551230001","body":"x"}"#)
            let id = try #require(sent.json["id"] as? String)
            let decision = #"{"decision":"resend"}"#
            #expect(try await api.getWhenProjected("/notifications/\(id)").status == .ok)
            #expect(try await api.post("/notifications/\(id)/resolution", decision).status == .conflict)
            let nobody = "00000000-0000-7000-8000-000000000000"
            #expect(try await api.post("/notifications/\(nobody)/resolution", decision).status == .notFound)
            #expect(try await api.post("/notifications/x/resolution", decision).status == .notFound)
        }
    }
}
