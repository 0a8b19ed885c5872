import HTTPTypes
import Hummingbird

/// Lets a request pass, or answers it with 429, and tells the caller what is left. Stands behind the authentication.
struct LimitMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let limiter: RequestLimiter
    let proxies: TrustedProxies
    let metrics: APIMetrics

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let group = RouteGroup(endpoint: context.endpointPath)
        let caller = RequestCaller(context.principal, at: context.remoteAddress(request, proxies))
        guard let verdict = limiter.admit(caller, group) else {
            return try await next(request, context)
        }
        if verdict.wait != nil { metrics.limitedRequest(to: group) }
        var response = verdict.wait == nil ? try await next(request, context) : verdict.problem.response
        verdict.write(to: &response.headers)
        return response
    }
}
