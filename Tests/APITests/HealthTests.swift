import API
import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

@Suite(.timeLimit(.minutes(10)))
struct HealthTests {
    @Test func saysHowEachPartIs() async throws {
        let checks = [APIHealth.Check("store") { nil }, APIHealth.Check("log") { "the disk is full" }]
        try await LiveAPI.run(checks: checks) { (api) async throws in
            let response = try await api.get("/health")
            #expect(response.status == .serviceUnavailable)
            #expect(response.json["status"] as? String == "degraded")
            let parts = try #require(response.json["checks"] as? [String: [String: Any]])
            #expect(parts["store"]?["status"] as? String == "ok")
            #expect(parts["log"]?["status"] as? String == "failing")
            #expect(parts["log"]?["detail"] as? String == "the disk is full")
            #expect(parts.values.allSatisfy { ($0["latencyMs"] as? Double ?? -1) >= 0 })
        }
    }

    @Test func isWellWhenAllIs() async throws {
        try await LiveAPI.run(checks: [APIHealth.Check("store") { nil }]) { (api) async throws in
            let response = try await api.get("/health")
            #expect(response.status == .ok)
            #expect(response.json["status"] as? String == "ok")
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
