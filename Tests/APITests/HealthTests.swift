import API
import Accounts
import ChannelSDK
import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

@Suite(.timeLimit(.minutes(10)))
struct HealthTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let checks: [APIHealth.Check]
        /// What `/health` says of each: nil where all is well.
        let details: [String: String?]
        var testDescription: String { name }

        var isWell: Bool { details.values.allSatisfy { $0 == nil } }
    }

    static let cases = [
        Case(name: "nothing to check", checks: [], details: [:]),
        Case(
            name: "all well", checks: [.init("store") { nil }, .init("log") { nil }],
            details: ["store": nil, "log": nil]),
        Case(
            name: "one fails", checks: [.init("store") { nil }, .init("log") { "the disk is full" }],
            details: ["store": nil, "log": "the disk is full"]),
        Case(
            name: "one hangs, the others are heard",
            checks: [
                .init("store", within: .milliseconds(1)) { await hang() }, .init("log") { nil },
                .init("cache") { "no route" },
            ], details: ["store": "no answer within 0.001 seconds", "log": nil, "cache": "no route"]),
    ]

    /// Until the test's process ends.
    static func hang() async -> String? {
        while (try? await Task.sleep(for: .seconds(3600))) != nil {}
        return nil
    }

    @Test(arguments: cases)
    func saysHowEachPartIs(example: Case) async throws {
        try await LiveAPI.run(checks: example.checks) { (api) async throws in
            let response = try await api.get("/health")
            #expect(response.status == (example.isWell ? .ok : .serviceUnavailable))
            #expect(response.json["status"] as? String == (example.isWell ? "ok" : "degraded"))
            let parts = try #require(response.json["checks"] as? [String: [String: Any]])
            #expect(Set(parts.keys) == Set(example.details.keys))
            for (name, detail) in example.details {
                #expect(parts[name]?["status"] as? String == (detail == nil ? "ok" : "failing"))
                #expect(parts[name]?["detail"] as? String == detail)
            }
            #expect(parts.values.allSatisfy { ($0["latencyMs"] as? Double ?? -1) >= 0 })
        }
    }

    /// Details speak of servers and files: with accounts, only to those who may read the metrics.
    @Test func detailsAreNotForEverybody() async throws {
        let trouble = "connection to server at \"10.1.2.3\", port 5432 failed for user \"switchboard\""
        try await LiveAPI.runWithUsers(checks: [.init("store") { trouble }]) { (api, accounts) async throws in
            var credentials: [(Secret?, isTold: Bool)] = [(nil, false), (Secret("nonsense"), false)]
            for role in Role.allCases {
                let login = try await accounts.login(email: "\(role.rawValue)@example.com", password: LiveAPI.password)
                credentials.append((login.token, role.scopes.contains(.readMetrics)))
            }
            #expect(credentials.contains { $0.isTold })
            for (credential, isTold) in credentials {
                let answer = try await api.request(.get, "/health", as: credential)
                #expect(answer.status == .serviceUnavailable && answer.json["status"] as? String == "degraded")
                let part = try #require((answer.json["checks"] as? [String: [String: Any]])?["store"])
                #expect(part["status"] as? String == "failing" && part["latencyMs"] is Double)
                #expect(part["detail"] as? String == (isTold ? trouble : nil))
                #expect(answer.text.contains("10.1.2.3") == isTold)
            }
        }
    }

    @Test func isAliveButNotReadyWhileItStops() async throws {
        try await LiveAPI.run(checks: []) { (api) async throws in
            #expect(try await api.get("/health/readiness").status == .ok)
            api.turns.set(0)
            #expect(try await api.get("/health/readiness").status == .serviceUnavailable)
            #expect(try await api.get("/health/liveness").status == .ok)
        }
    }
}
