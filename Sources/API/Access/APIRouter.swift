public import Accounts
import HTTPTypes
public import Hummingbird

/// A request's context: nothing but what the server needs, so that it costs next to nothing.
public struct APIContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// Who the request is from; nil: there are no good credentials, or the route does not look at them.
    public var principal: Principal?

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
    }
}

/// The API's addresses. Each says what it demands, or that it is open to all: there is no other way to add one.
public final class APIRouter: HTTPResponderBuilder {
    /// All of them, in the order in which they were added.
    public private(set) var routes: [APIRoute] = []
    private let router = Router(context: APIContext.self)
    private let authenticator: Authenticator

    init(_ api: APIDependencies) { authenticator = Authenticator(api) }

    public func buildResponder() -> RouterResponder<APIContext> { router.buildResponder() }

    /// An address for those whose credentials meet `demand`: the handler gets to know who they are. Whose notification
    /// it is about is the handler's to look at: see ``APIDependencies/find(_:for:_:)``.
    func on(
        _ method: HTTPTypes.HTTPRequest.Method, _ path: String, demanding demand: Demand,
        _ handler: @escaping @Sendable (Request, APIContext, Principal) async throws -> Response
    ) {
        add(APIRoute(method: method, path: path, demand: demand)) { request, context in
            guard let principal = context.principal else { throw ProblemDetails.unauthorized }
            if case .scope(let scope) = demand, !principal.may(scope) { throw ProblemDetails.forbidden(scope) }
            return try await handler(request, context, principal)
        }
    }

    /// An address for everybody.
    func open(
        _ method: HTTPTypes.HTTPRequest.Method, _ path: String,
        _ handler: @escaping @Sendable (Request, APIContext) async throws -> Response
    ) {
        add(APIRoute(method: method, path: path, demand: nil), handler)
    }

    private func add(
        _ route: APIRoute, _ handler: @escaping @Sendable (Request, APIContext) async throws -> Response
    ) {
        routes.append(route)
        let group = router.group()
        if route.demand != nil { group.add(middleware: Authentication(authenticator: authenticator)) }
        group.on(RouterPath(route.path), method: route.method) { request, context in
            await answering { try await handler(request, context) }
        }
    }
}
