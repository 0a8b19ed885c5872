import CoreMetrics
import Hummingbird
import Pipeline

/// Counts a route's answers, the refusals by what stands before the route included, and how long they took. Its handles
/// are made when the route is added.
struct RouteMetrics: RouterMiddleware {
    typealias Context = APIContext

    private let time: CoreMetrics.Timer
    /// From 2xx on.
    private let answers: [Counter]

    init(_ route: APIRoute, _ factory: any MetricsFactory) {
        let (method, path) = (route.method.rawValue, route.path)
        time = MetricDefinition.httpTime.timer(factory, method, path)
        answers = (2...5).map { MetricDefinition.httpRequests.counter(factory, method, path, "\($0)xx") }
    }

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        time.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        let place = response.status.code / 100 - 2
        if answers.indices.contains(place) { answers[place].increment() }
        return response
    }
}
