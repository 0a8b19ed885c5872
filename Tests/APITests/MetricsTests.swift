import API
import CoreMetrics
import Foundation
import HTTPTypes
import HummingbirdTesting
import Pipeline
import PrometheusMetrics
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10)))
struct MetricsTests {
    /// A host's metrics after `body` has asked it something.
    static func text(after body: @escaping @Sendable (LiveAPI) async throws -> Void) async throws -> String {
        let registry = PrometheusRegistry(MetricDefinition.all)
        let metrics = APIMetrics(channels: ["sms"], factory: registry) { registry.text(with: []) }
        let shown = Shown()
        try await LiveAPI.run(metrics: metrics) { (api) async throws in
            try await body(api)
            let response = try await api.get("/metrics")
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            shown.set(response.text)
        }
        #expect(registry.refusals == 0)
        return shown.text
    }

    @Test func countsAnswersByTheRoutesPattern() async throws {
        let text = try await Self.text { (api) async throws in
            _ = try await api.get("/notifications/nothing-such")
            _ = try await api.get("/notifications/another")
            _ = try await api.get("/health")
        }
        let route = #"switchboard_http_requests_total{method="GET",route="/notifications/{id}""#
        #expect(text.contains(route + #",status="4xx"} 2"# + "\n"))
        #expect(text.contains(route + #",status="2xx"} 0"# + "\n"))
        #expect(text.contains(#"switchboard_http_request_seconds_count{method="GET",route="/health"} 1"# + "\n"))
        #expect(!text.contains("nothing-such"))
    }

    @Test func countsWebhooksThatAreNotGenuine() async throws {
        let text = try await Self.text { (api) async throws in
            #expect(try await api.callback("MessageSid=SM1", signature: "forged").status == .forbidden)
            _ = try await api.post("/webhooks/no-such-channel", "x")
        }
        #expect(text.contains(#"switchboard_webhooks_refused_total{channel="sms"} 1"# + "\n"))
        #expect(!text.contains("no-such-channel"))
    }

    /// What follows an accepted notification is counted once, whatever route it takes through the stages.
    @Test func countsALife() async throws {
        let registry = PrometheusRegistry(MetricDefinition.all)
        try await LiveAPI.run(metrics: APIMetrics(factory: registry), pipelineMetrics: registry) { (api) async throws in
            let body = #"{"channel":"sms","to":"+15551230001","body":"x","class":"urgent"}"#
            let id = try #require(try await api.post("/notifications", body).json["id"] as? String)
            _ = try await api.notification(id) { $0["status"] as? String == "queued" }
            _ = try await api.callback("MessageSid=SM1&MessageStatus=delivered", query: "delivery=\(id).1")
            _ = try await api.notification(id) { $0["status"] as? String == "delivered" }
        }
        let text = String(decoding: registry.text(with: []), as: UTF8.self)
        for line in [
            #"switchboard_notifications_accepted_total{class="urgent"} 1"#,
            #"switchboard_notifications_projected_total{outcome="inserted"} 1"#,
            #"switchboard_sends_total{channel="sms",outcome="accepted",kind=""} 1"#,
            #"switchboard_send_seconds_count{channel="sms"} 1"#,
            #"switchboard_first_submission_seconds_count{channel="sms"} 1"#,
            #"switchboard_status_changes_total{channel="sms",status="queued"} 1"#,
            #"switchboard_status_changes_total{channel="sms",status="delivered"} 1"#,
            #"switchboard_webhooks_total{channel="sms",outcome="parsed"} 1"#,
            #"switchboard_report_seconds_count{channel="sms"} 1"#,
            #"switchboard_accept_seconds_count 1"#,
        ] { #expect(text.contains(line + "\n"), "\(line) is not in\n\(text)") }
    }
}

private final class Shown: Sendable {
    private let state = Mutex("")
    var text: String { state.withLock { $0 } }
    func set(_ text: String) { state.withLock { $0 = text } }
}
