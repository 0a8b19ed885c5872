import ChannelSDK
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Pipeline
import SQLiteBackend
import Testing

@Suite(.timeLimit(.minutes(10)))
struct NotificationTests {
    @Test func namesEveryFieldThatIsWrong() async throws {
        try await LiveAPI.run { (api) async throws in
            let response = try await api.post(
                "/notifications",
                #"{"channle":"sms","to":5,"body":null,"class":"soon","tags":["a",1],"metadata":[],"notBefore":"x"}"#)
            #expect(response.status == .unprocessableContent)
            #expect(response.headers[.contentType] == "application/problem+json")
            #expect(response.text.contains("did you mean 'channel'?"))
            #expect(
                response.fields.sorted() == [
                    "body", "channel", "channle", "class", "metadata", "notBefore", "tags[1]", "to",
                ])
        }
    }

    @Test(arguments: [
        (#"{"to":}"#, "line 1, column 7"), ("{\n  \"to\": \"\\ud800\"}", "line 2"), ("[]x", ""), ("", ""),
        (String(repeating: "[", count: 5000), ""), (#"{"to":"a""#, ""), (#"{"to":"a","to":"b"}"#, ""),
    ])
    func saysWhereItIsNotJSON(body: String, place: String) async throws {
        try await LiveAPI.run { (api) async throws in
            let response = try await api.post("/notifications", body)
            #expect((400..<500).contains(response.status.code))
            #expect(place.isEmpty || response.text.contains(place), "\(response.text)")
        }
    }

    @Test func refusesOtherTypesAndTooMuch() async throws {
        try await LiveAPI.run { (api) async throws in
            #expect(try await api.post("/notifications", "{}", type: "text/plain").status == .unsupportedMediaType)
            let large = #"{"body":"\#(String(repeating: "x", count: 1 << 20))"}"#
            #expect(try await api.post("/notifications", large).status == .contentTooLarge)
            let many = "[" + Array(repeating: "{}", count: 1001).joined(separator: ",") + "]"
            #expect(try await api.post("/notifications/batch", many).status == .contentTooLarge)
        }
    }

    @Test func nothingThatIsSentMakesAServerError() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededBytes(state: seed)
        let good = Array(#"{"channel":"sms","to":"+15551230001","body":"hé","externalId":"e","tags":["a"]}"#.utf8)
        let bodies = (0..<2000).map { _ in
            var body = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                body[Int.random(in: 0..<body.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            return body
        }
        try await LiveAPI.run { (api) async throws in
            for body in bodies {
                let response = try await api.client.execute(
                    uri: "/notifications/batch", method: .post, headers: [.contentType: "application/json"],
                    body: .init(bytes: body))
                #expect(response.status.code < 500, "seed \(seed): \(response.text)")
            }
        }
    }

    @Test func whatIsAcceptedIsKnownAtOnce() async throws {
        try await LiveAPI.run { (api) async throws in
            for number in 0..<100 {
                let single = try await api.post(
                    "/notifications", #"{"channel":"sms","to":"+15551230001","body":"\#(number)"}"#)
                #expect(single.status == .accepted)
                let id = try #require(single.json["id"] as? String)
                #expect(try await api.getWhenProjected("/notifications/\(id)").status == .ok)
            }
            let item = #"{"channel":"sms","to":"+15551230001","body":"b"}"#
            let batch = try await api.post(
                "/notifications/batch", Array(repeating: item, count: 200).joined(separator: "\n"),
                type: "application/x-ndjson")
            #expect(batch.status == .accepted)
            for result in batch.json["results"] as? [[String: Any]] ?? [] {
                #expect(try await api.getWhenProjected("/notifications/\(result["id"] ?? "")").status == .ok)
            }
            #expect(batch.json["accepted"] as? Int == 200)
            #expect(try await api.get("/notifications/\(UUID())").status == .notFound)
        }
    }

    @Test func aBatchHasAResultForEachItem() async throws {
        try await LiveAPI.run { (api) async throws in
            let response = try await api.post(
                "/notifications/batch",
                #"[{"channel":"sms","to":"+15551230001","body":"b"},{"channel":"fax","to":"1","body":"b"},7]"#)
            #expect(response.status.code == 207)
            let results = response.json["results"] as? [[String: Any]] ?? []
            #expect(results.map { $0["id"] != nil } == [true, false, false])
        }
    }

    @Test func theSameExternalIdIsSentOnceAndAnotherPayloadIsAConflict() async throws {
        try await LiveAPI.run { (api) async throws in
            let body = #"{"channel":"sms","to":"+15551230001","body":"once","externalId":"order 1"}"#
            let first = try await api.post("/notifications", body)
            let id = try #require(first.json["id"] as? String)
            _ = try await api.notification(id) { $0["status"] as? String != "accepted" }
            for _ in 0..<5 {
                let again = try await api.post("/notifications", body)
                #expect(again.status == .accepted)
                #expect(again.json["id"] as? String == id)
            }
            let other = body.replacingOccurrences(of: "once", with: "twice")
            #expect(try await api.post("/notifications", other).status == .conflict)
            #expect(try await api.get("/notifications?externalId=order%201").json["id"] as? String == id)
            #expect(api.provider.bodies.count == 1)
        }
    }

    @Test func saysSoWhenItIsTooFarBehind() async throws {
        try await LiveAPI.run { (api) async throws in
            api.isOverloaded.set(true)
            let response = try await api.post("/notifications", #"{"channel":"sms","to":"+15551230001","body":"b"}"#)
            #expect(response.status == .serviceUnavailable)
            #expect(response.headers[.retryAfter] != nil)
        }
    }
}

struct SeededBytes: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
