import ChannelSDK
public import Hummingbird
import NIOCore
import Pipeline

/// A request's context: nothing but what the server needs, so that it costs next to nothing.
public struct APIContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// Who is at the other end of the connection.
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

extension Router where Context == APIContext {
    /// All of the API.
    public static func switchboard(_ dependencies: APIDependencies) -> Router<APIContext> {
        let router = health(dependencies)
        NotificationRoutes(api: dependencies).add(to: router)
        ResolutionRoutes(api: dependencies).add(to: router)
        OptOutRoutes(api: dependencies).add(to: router)
        WebhookRoutes(api: dependencies).add(to: router)
        EventRoutes(api: dependencies).add(to: router)
        if let accounts = dependencies.accounts {
            AuthRoutes(api: dependencies, accounts: accounts).add(to: router)
            UserRoutes(api: dependencies, accounts: accounts).add(to: router)
        }
        return router
    }

    /// Of a replica that answers no requests: how it is.
    public static func health(_ dependencies: APIDependencies) -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        if let limiter = dependencies.limiter {
            router.add(middleware: LimitMiddleware(limiter: limiter, proxies: dependencies.proxies))
        }
        HealthRoutes(api: dependencies).add(to: router)
        return router
    }
}
