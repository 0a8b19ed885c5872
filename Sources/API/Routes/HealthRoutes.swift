import Accounts
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// `/health` for people, `/health/liveness` and `/health/readiness` for machines.
struct HealthRoutes: Sendable {
    private let api: APIDependencies
    private let authenticator: Authenticator

    init(api: APIDependencies) {
        self.api = api
        authenticator = Authenticator(api)
    }

    func add(to router: APIRouter) {
        router.open(.get, "/health") { request, _ in await check(request) }
        router.open(.get, "/health/liveness") { _, _ in answer(.ok, "alive") }
        router.open(.get, "/health/readiness") { _, _ in
            api.health.isReady() ? answer(.ok, "ready") : answer(.serviceUnavailable, "not ready")
        }
    }

    private func check(_ request: Request) async -> Response {
        let results = await results()
        let isWell = results.allSatisfy { $0.trouble == nil }
        let mayKnowWhy = isWell ? false : await mayKnowWhy(request)
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
                                if mayKnowWhy { check.member("detail", result.trouble) }
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

    /// A detail is in the words of a database or a server: it names hosts, ports and users, which are not for everybody.
    /// Whoever can't be known just now, for want of the store, hears none.
    private func mayKnowWhy(_ request: Request) async -> Bool {
        let principal = try? await authenticator.principal(authorization: request.authorization)
        return principal?.may(.readMetrics) ?? false
    }

    /// All checks at once, so that the whole takes no longer than the slowest; in the order in which they are given.
    private func results() async -> [(name: String, trouble: String?, milliseconds: Double)] {
        await withTaskGroup { group in
            for (place, check) in api.health.checks.enumerated() {
                group.addTask { (place, check.name, await check.run()) }
            }
            var results: [(place: Int, name: String, trouble: String?, milliseconds: Double)] = []
            for await (place, name, result) in group {
                results.append((place, name, result.trouble, result.time / .milliseconds(1)))
            }
            return results.sorted { $0.place < $1.place }.map { ($0.name, $0.trouble, $0.milliseconds) }
        }
    }

    private func answer(_ status: HTTPStatus, _ word: String) -> Response {
        var json = JSONWriter()
        json.object { $0.member("status", word) }
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }
}
