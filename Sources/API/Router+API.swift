public import Hummingbird
import Pipeline

/// A request's context: nothing but what the server needs, so that it costs next to nothing.
public struct APIContext: RequestContext {
    public var coreContext: CoreRequestContextStorage

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
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
        HealthRoutes(api: dependencies).add(to: router)
        MetricsRoutes(api: dependencies).add(to: router)
        return router
    }
}
