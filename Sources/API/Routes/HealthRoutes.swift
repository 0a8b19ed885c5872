import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// `/health` for people, `/health/liveness` and `/health/readiness` for machines.
struct HealthRoutes: Sendable {
    let api: APIDependencies

    func add(to router: APIRouter) {
        router.open(.get, "/health") { _, _ in await check() }
        router.open(.get, "/health/liveness") { _, _ in answer(.ok, "alive") }
        router.open(.get, "/health/readiness") { _, _ in
            api.health.isReady() ? answer(.ok, "ready") : answer(.serviceUnavailable, "not ready")
        }
    }

    private func check() async -> Response {
        var results: [(name: String, trouble: String?, milliseconds: Double)] = []
        for check in api.health.checks {
            let start = ContinuousClock.now
            let trouble = await check.run()
            results.append((check.name, trouble, (ContinuousClock.now - start) / .milliseconds(1)))
        }
        let isWell = results.allSatisfy { $0.trouble == nil }
        var json = JSONWriter()
        json.object { json in
            json.member("status", isWell ? "ok" : "degraded")
            json.member(
                "checks",
                object: { checks in
                    for result in results {
                        checks.member(
                            result.name,
                            object: { check in
                                check.member("status", result.trouble == nil ? "ok" : "failing")
                                check.member("detail", result.trouble)
                                check.key("latencyMs")
                                check.raw(String((result.milliseconds * 100).rounded() / 100))
                            })
                    }
                })
        }
        return Response(
            status: isWell ? .ok : .serviceUnavailable, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }

    private func answer(_ status: HTTPStatus, _ word: String) -> Response {
        var json = JSONWriter()
        json.object { $0.member("status", word) }
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }
}
