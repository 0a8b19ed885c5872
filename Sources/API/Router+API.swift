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
        let router = Router(context: APIContext.self)
        NotificationRoutes(api: dependencies).add(to: router)
        ResolutionRoutes(api: dependencies).add(to: router)
        WebhookRoutes(api: dependencies).add(to: router)
        EventRoutes(api: dependencies).add(to: router)
        HealthRoutes(api: dependencies).add(to: router)
        return router
    }
}
