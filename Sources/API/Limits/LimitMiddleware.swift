import HTTPTypes
import Hummingbird

/// Lets a request pass, or answers it with 429, and tells the caller what is left. Stands behind the authentication.
struct LimitMiddleware: RouterMiddleware {
    typealias Context = APIContext

    private let limiter: RequestLimiter
    private let proxies: TrustedProxies
    private let metrics: APIMetrics
    /// Of the route that it stands before; nil: it stands before what answers that there is none.
    private let route: (name: String, group: RouteGroup)?

    /// Nil: nothing is limited.
    init?(_ api: APIDependencies, for route: APIRoute?) {
        guard let limiter = api.limiter else { return nil }
        (self.limiter, proxies, metrics) = (limiter, api.proxies, api.metrics)
        self.route = route.map { ($0.name, RouteGroup(endpoint: $0.path)) }
    }

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let group = route?.group ?? RouteGroup(endpoint: context.endpointPath)
        let caller = RequestCaller(context.principal, at: context.remoteAddress(request, proxies))
        guard let verdict = limiter.admit(caller, group, at: route?.name) else {
            return try await next(request, context)
        }
        guard verdict.wait == nil else { return refuse(verdict, group) }
        var response = try await next(request, context)
        verdict.write(to: &response.headers)
        return response
    }

    /// The answer to a request whose caller is not known yet, when its address has used up what it has; nil: it has not.
    func refusalOfAddress(_ request: Request, _ context: APIContext) -> Response? {
        let group = route?.group ?? RouteGroup(endpoint: context.endpointPath)
        let caller = RequestCaller(context.remoteAddress(request, proxies))
        return limiter.refusal(caller, group, at: route?.name).map { refuse($0, group) }
    }

    private func refuse(_ verdict: LimitVerdict, _ group: RouteGroup) -> Response {
        metrics.limitedRequest(to: group)
        var response = verdict.problem.response
        verdict.write(to: &response.headers)
        return response
    }
}
