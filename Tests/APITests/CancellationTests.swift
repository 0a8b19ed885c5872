import ChannelSDK
import HTTPTypes
import HummingbirdTesting
import Pipeline
import SQLiteBackend
import Testing

@Suite(.timeLimit(.minutes(10)))
struct CancellationTests {
    private static let one = #"{"channel":"sms","to":"+15551230001","body":"x"}"#

    private static func accepted(_ api: LiveAPI) async throws -> String {
        try #require(try await api.post("/notifications", one).json["id"] as? String)
    }

    private static func isRetrying(_ json: [String: Any]) -> Bool {
        let deliveries = json["deliveries"] as? [[String: Any]]
        return (deliveries?.first?["waiting"] as? [String: Any])?["reason"] as? String == "retrying"
    }

    @Test func whatWaitsIsCanceledAndSentNoMore() async throws {
        try await LiveAPI.run { (api) async throws in
            api.provider.beBusy(retryAfter: 600)
            let id = try await Self.accepted(api)
            _ = try await api.notification(id, until: Self.isRetrying)
            for _ in 0..<2 {
                let answer = try await api.delete("/notifications/\(id)")
                #expect(answer.status == .ok, "\(answer.text)")
                #expect(answer.json["status"] as? String == "canceled")
                #expect(answer.json["settlement"] as? String == "settled")
                #expect(answer.json["id"] as? String == id)
            }
            let tried = api.provider.bodies.count
            let counts = try await api.backend.store.counts()
            #expect(counts.ready == 0 && counts.claimed == 0 && counts.open == 0)
            #expect(api.provider.bodies.count == tried)
        }
    }

    /// Whichever of them comes to it first: it is canceled, as each of them asked.
    @Test func manyAtOnceAgree() async throws {
        try await LiveAPI.run { (api) async throws in
            api.provider.beBusy(retryAfter: 600)
            for _ in 0..<20 {
                let id = try await Self.accepted(api)
                _ = try await api.notification(id, until: Self.isRetrying)
                let answers = try await withThrowingTaskGroup(of: String.self) { group -> [String] in
                    for _ in 0..<6 {
                        group.addTask {
                            let answer = try await api.delete("/notifications/\(id)")
                            return "\(answer.status.code) \(answer.text)"
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                // A slow machine may say 202.
                #expect(answers.allSatisfy { $0.hasPrefix("200") || $0.hasPrefix("202") }, "\(answers)")
            }
        }
    }

    @Test func whatIsBeingSentOrSentIsNot() async throws {
        try await LiveAPI.run { (api) async throws in
            api.provider.keepAnswers()
            let id = try await Self.accepted(api)
            while api.provider.bodies.isEmpty {
                try Task.checkCancellation()
                await Task.yield()
            }
            let during = try await api.delete("/notifications/\(id)")
            #expect(during.status == .conflict && during.text.contains("being sent"), "\(during.text)")
            #expect(during.json["notificationStatus"] as? String == "accepted")
            api.provider.release()
            _ = try await api.notification(id) { $0["status"] as? String == "queued" }
            let after = try await api.delete("/notifications/\(id)")
            #expect(after.status == .conflict && after.headers[.contentType] == "application/problem+json")
            #expect(after.json["notificationStatus"] as? String == "queued")
        }
    }

    @Test func whatIsNotProjectedYetIsCanceledOnceItIs() async throws {
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        try await LiveAPI.run(begins: { for await _ in gate { return } }) { (api) async throws in
            // The cancel is a record of another topic: an attempt may be under way before it is read, the next is not.
            api.provider.beBusy(retryAfter: 600)
            let id = try await Self.accepted(api)
            let answer = try await api.delete("/notifications/\(id)")
            #expect(answer.status == .accepted, "\(answer.text)")
            #expect(answer.json["cancellation"] as? String == "pending")
            opening.yield()
            _ = try await api.notification(id) { $0["status"] as? String == "canceled" }
            #expect(try await api.delete("/notifications/\(id)").status == .ok)
            #expect(api.provider.bodies.count <= 1)
        }
    }

    @Test func whatThereIsNotIsNotFound() async throws {
        try await LiveAPI.run { (api) async throws in
            for id in ["00000000-0000-7000-8000-000000000000", "x", "%00", "..%2f"] {
                #expect(try await api.delete("/notifications/\(id)").status == .notFound)
            }
        }
    }
}
