import Accounts
import HTTPTypes
import Hummingbird
import NIOCore

/// `/metrics`, for Prometheus, which shows its credentials as a bearer token.
struct MetricsRoutes: Sendable {
    let api: APIDependencies

    func add(to router: APIRouter) {
        router.on(.get, "/metrics", demanding: .scope(.readMetrics)) { _, _, _ in await show() }
    }

    private func show() async -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: await api.metrics.text())))
    }
}
