import ChannelSDK
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Pipeline
import SQLiteBackend
import Testing

@testable import API

@Suite(.timeLimit(.minutes(10)))
struct IdempotencyTests {
    private static let one = #"{"channel":"sms","to":"+15551230001","body":"x"}"#
    private static let other = #"{"channel":"sms","to":"+15551230001","body":"y"}"#

    private static func post(
        _ api: LiveAPI, _ path: String = "/notifications", _ body: String = one, key: String
    ) async throws -> TestResponse {
        try await api.client.execute(
            uri: path, method: .post, headers: [.contentType: "application/json", IdempotencyKey.header: key],
            body: ByteBuffer(string: body))
    }

    private static func id(_ response: TestResponse) throws -> String {
        try #require(response.json["id"] as? String, "\(response.text)")
    }

    @Test(arguments: [
        (#""a key""#, "a key"), ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (#""quote \" and \\""#, #"quote " and \"#), ("", nil), (#""""#, nil), (#""a"#, nil), (#""a" x"#, nil),
        (#""a", "b""#, nil), ("a, b", nil), (#""a";p=1"#, nil), ("a b", nil), (#"a"b"#, nil), (#""\x""#, nil),
        ("ü", nil), ("\"\u{7F}\"", nil), (String(repeating: "k", count: 200), String(repeating: "k", count: 200)),
        (String(repeating: "k", count: 201), nil), ("\"" + String(repeating: "k", count: 201) + "\"", nil),
    ])
    func readsStringsAndTokens(value: String, key: String?) {
        #expect(IdempotencyKey.parse(value) == key)
    }

    @Test func theSameAgainIsTheSameNotification() async throws {
        try await LiveAPI.run { (api) async throws in
            let first = try await Self.post(api, key: "\"k 1\"")
            let id = try Self.id(first)
            #expect(first.status == .accepted && first.json["replayed"] == nil)
            #expect(try await api.get("/notifications/\(id)").json["externalId"] == nil)
            let second = try await Self.post(api, key: "\"k 1\"")
            #expect(second.status == .accepted)
            #expect(try Self.id(second) == id)
            #expect(second.json["replayed"] as? Bool == true)
            #expect(second.headers[.init("Idempotent-Replayed")!] == "true")
            let conflict = try await Self.post(api, "/notifications", Self.other, key: "\"k 1\"")
            #expect(conflict.status == .conflict && conflict.text.contains("Idempotency-Key"), "\(conflict.text)")
            #expect(try Self.id(try await Self.post(api, key: "k2")) != id)
            #expect(
                try Self.id(try await Self.post(api, key: "k2")) == Self.id(try await Self.post(api, key: "\"k2\"")))
            #expect(try await api.backend.store.counts().notifications == 2)
        }
    }

    /// What is asked for urgently is not what waits behind everything else.
    @Test func anotherClassIsAnotherRequest() async throws {
        try await LiveAPI.run { (api) async throws in
            func request(_ urgency: String?) -> String {
                let urgency = urgency.map { #","class":"\#($0)""# } ?? ""
                return #"{"channel":"sms","to":"+15551230001","body":"x"\#(urgency)}"#
            }
            let id = try Self.id(try await Self.post(api, "/notifications", request("bulk"), key: "k"))
            _ = try await api.getWhenProjected("/notifications/\(id)")
            for (urgency, status) in [("urgent", 409), (nil, 409), ("normal", 409), ("bulk", 202)] {
                let answer = try await Self.post(api, "/notifications", request(urgency), key: "k")
                #expect(answer.status.code == status, "\(urgency ?? "none"): \(answer.text)")
            }
            #expect(try await api.get("/notifications/\(id)").json["class"] as? String == "bulk")
        }
    }

    /// The application's own id decides; the two never mean each other.
    @Test func anExternalIDOutweighsTheKey() async throws {
        try await LiveAPI.run { (api) async throws in
            let named = #"{"channel":"sms","to":"+15551230001","body":"x","externalId":"e"}"#
            let first = try Self.id(try await api.post("/notifications", named))
            #expect(try Self.id(try await Self.post(api, "/notifications", named, key: "k")) == first)
            #expect(try Self.id(try await Self.post(api, key: "k")) != first)
            #expect(try Self.id(try await Self.post(api, key: "e")) != first)
        }
    }

    @Test func aBatchHasOneKey() async throws {
        try await LiveAPI.run { (api) async throws in
            func ids(_ response: TestResponse) -> [String?] {
                (response.json["results"] as? [[String: Any]] ?? []).map { $0["id"] as? String }
            }
            let batch = "[\(Self.one),{},\(Self.one)]"
            let first = try await Self.post(api, "/notifications/batch", batch, key: "b")
            #expect(first.status.code == 207 && ids(first).count == 3)
            #expect(ids(first)[0] != ids(first)[2] && ids(first)[1] == nil)
            for id in ids(first).compactMap({ $0 }) { #expect(try await api.get("/notifications/\(id)").status == .ok) }
            let again = try await Self.post(api, "/notifications/batch", batch, key: "b")
            #expect(ids(again) == ids(first))
            #expect(again.text.components(separatedBy: "\"replayed\":true").count == 3)
            let changed = try await Self.post(
                api, "/notifications/batch", "[\(Self.one),\(Self.one),\(Self.other)]", key: "b")
            #expect(changed.json["accepted"] as? Int == 2 && ids(changed)[2] == nil, "\(changed.text)")
            #expect(try Self.id(try await Self.post(api, key: "b")) != ids(first)[0], "a batch's key is no single's")
        }
    }

    @Test func badKeysAreRefusedAndNothingIsAccepted() async throws {
        try await LiveAPI.run { (api) async throws in
            for key in ["\"open", String(repeating: "x", count: 201), "a b"] {
                for path in ["/notifications", "/notifications/batch"] {
                    let answer = try await Self.post(api, path, key: key)
                    #expect(answer.status == .badRequest && answer.fields == ["Idempotency-Key"], "\(answer.text)")
                }
            }
            #expect(try await api.backend.store.counts().notifications == 0)
        }
    }
}
