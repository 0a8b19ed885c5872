public import Accounts
import ChannelSDK
import HTTPTypes
public import Hummingbird
import NIOCore

/// A request's context: nothing but what the server needs, so that it costs next to nothing.
public struct APIContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// Who the request is from; nil: there are no good credentials, or the route does not look at them.
    public var principal: Principal?
    /// The other end of it sent the request.
    private let connection: any NIOCore.Channel

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        connection = source.channel
    }

    /// Who sent the request, seen through `proxies`; nil where the connection has no address.
    func remoteAddress(_ request: Request, _ proxies: TrustedProxies) -> IPAddress? {
        connection.remoteAddress.flatMap { IPAddress($0) }.map { proxies.client(of: $0, request.headers) }
    }
}

/// The API's addresses. Each says what it demands, or that it is open to all: there is no other way to add one.
public final class APIRouter: HTTPResponderBuilder {
    /// All of them, in the order in which they were added.
    public private(set) var routes: [APIRoute] = []
    private let router = Router(context: APIContext.self)
    /// What each path takes, HEAD too.
    private var methods: [String: [HTTPTypes.HTTPRequest.Method]] = [:]
    private let authenticator: Authenticator
    private let api: APIDependencies
    private var isBuilt = false

    init(_ api: APIDependencies) {
        authenticator = Authenticator(api)
        self.api = api
    }

    public func buildResponder() -> RouterResponder<APIContext> {
        // Added behind all routes, they stand before none of them: only before what answers that there is no route.
        if !isBuilt {
            if let limits = LimitMiddleware(api, for: nil) { router.add(middleware: limits) }
            router.add(middleware: Fallback(methods))
        }
        isBuilt = true
        return router.buildResponder()
    }

    /// An address for those whose credentials meet `demand`: the handler gets to know who they are. Whose notification
    /// it is about is the handler's to look at: see ``APIDependencies/find(_:for:_:)``.
    func on(
        _ method: HTTPTypes.HTTPRequest.Method, _ path: String, demanding demand: Demand, answersHead: Bool = true,
        _ handler: @escaping @Sendable (Request, APIContext, Principal) async throws -> Response
    ) {
        add(APIRoute(method: method, path: path, demand: demand), answersHead) { request, context in
            guard let principal = context.principal else { throw ProblemDetails.unauthorized }
            if case .scope(let scope) = demand, !principal.may(scope) { throw ProblemDetails.forbidden(scope) }
            return try await handler(request, context, principal)
        }
    }

    /// An address for everybody.
    /// - Parameter answersHead: whether a GET that has no effect and an end is answered for HEAD, too.
    func open(
        _ method: HTTPTypes.HTTPRequest.Method, _ path: String, answersHead: Bool = true,
        _ handler: @escaping @Sendable (Request, APIContext) async throws -> Response
    ) {
        add(APIRoute(method: method, path: path, demand: nil), answersHead, handler)
    }

    private func add(
        _ route: APIRoute, _ answersHead: Bool,
        _ handler: @escaping @Sendable (Request, APIContext) async throws -> Response
    ) {
        routes.append(route)
        let group = router.group().add(middleware: RouteMetrics(route, api.metrics.factory))
        let limits = LimitMiddleware(api, for: route)
        if route.demand != nil { group.add(middleware: Authentication(authenticator: authenticator, limits: limits)) }
        // Behind it, so that whoever has no good credentials is counted by address.
        if let limits { group.add(middleware: limits) }
        let path = RouterPath(route.path)
        let logger = api.logger
        group.on(path, method: route.method) { request, context in
            await answering(route, logger) { try await handler(request, context) }
        }
        methods[route.path, default: []].append(route.method)
        guard route.method == .get, answersHead else { return }
        methods[route.path, default: []].append(.head)
        group.on(path, method: .head) { request, context in
            await answering(route, logger) { try await handler(request, context) }.createHeadResponse()
        }
    }
}
