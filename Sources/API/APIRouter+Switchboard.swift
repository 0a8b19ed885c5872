extension APIRouter {
    /// All of the API.
    public static func switchboard(_ dependencies: APIDependencies) -> APIRouter {
        let router = health(dependencies)
        NotificationRoutes(api: dependencies).add(to: router)
        CancellationRoute(api: dependencies).add(to: router)
        ResolutionRoutes(api: dependencies).add(to: router)
        OptOutRoutes(api: dependencies).add(to: router)
        WebhookRoutes(api: dependencies).add(to: router)
        UnsubscribeRoutes(api: dependencies).add(to: router)
        EventRoutes(api: dependencies).add(to: router)
        if let accounts = dependencies.accounts {
            AuthRoutes(api: dependencies, accounts: accounts).add(to: router)
            UserRoutes(api: dependencies, accounts: accounts).add(to: router)
        }
        let description = dependencies.description.routes(DescribedFacts(dependencies)) {
            DescriptionRoutes(dependencies, describing: router.routes)
        }
        description.add(to: router)
        return router
    }

    /// Of a replica that answers no requests: how it is.
    public static func health(_ dependencies: APIDependencies) -> APIRouter {
        let router = APIRouter(dependencies)
        HealthRoutes(api: dependencies).add(to: router)
        MetricsRoutes(api: dependencies).add(to: router)
        ReloadRoute(api: dependencies).add(to: router)
        return router
    }
}
