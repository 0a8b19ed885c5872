import Accounts
import HTTPTypes

/// What the description of a host's API depends on besides its routes.
struct DescribedFacts: Sendable, Hashable {
    var hasAccounts: Bool
    /// Whether requests are limited.
    var hasLimits: Bool
    /// Notifications in one batch.
    var batchItems: Int

    init(_ api: APIDependencies) {
        (hasAccounts, hasLimits) = (api.accounts != nil, api.limiter != nil)
        batchItems = api.limits.maxBatch
    }
}

/// The API as an OpenAPI 3.1 document: the operations of those routes that this host has.
struct APIDescription: Sendable {
    private let operations: [(Operation, Demand?)]
    private let facts: DescribedFacts

    init(routes: [APIRoute], _ facts: DescribedFacts) {
        self.facts = facts
        operations = APIOperations.operations(batchItems: facts.batchItems).compactMap { operation in
            let route = routes.first { $0.method.rawValue == operation.method && $0.path == operation.path }
            return route.map { (operation, $0.demand) }
        }
    }

    var document: JSONTree {
        let schemas = APISchemas.all + (facts.hasAccounts ? APISchemas.ofAccounts : [])
        var components: JSONTree = ["schemas": .object(schemas)]
        if facts.hasAccounts { components = components.with("securitySchemes", Self.securitySchemes) }
        if facts.hasLimits {
            let headers = Self.limits.map { name, schema in
                JSONTree.Member(name: name, value: ["required": false, "schema": schema])
            }
            components = components.with("headers", .object(headers))
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Switchboard", "version": "1", "summary": "One host, every channel.",
                "description": .text(Self.about), "license": ["name": "Apache 2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/", "description": "This host"]],
            "tags": .list(topics.map { ["name": .text($0.rawValue)] }),
            "paths": paths, "components": components,
        ]
    }

    private static let about = """
        Accepts notifications, sends them by the channel that they name, and keeps one true status of each.

        Errors are `application/problem+json` (RFC 9457): every field that is wrong, all of them at once. 503 has \
        `Retry-After`. A path that exists answers 405 to other methods, with `Allow`; HEAD is answered as GET where it has \
        an end. What is left of the limits of requests is in `RateLimit-*` of every answer to a route that has some.
        """

    private static let securitySchemes: JSONTree = [
        "bearer": [
            "type": "http", "scheme": "bearer", "description": "A token of `POST /auth/login`, or an API key.",
        ]
    ]

    /// Those that are used, in their order.
    private var topics: [Operation.Topic] {
        Operation.Topic.allCases.filter { topic in operations.contains { $0.0.topic == topic } }
    }

    private var paths: JSONTree {
        var paths: [JSONTree.Member] = []
        for (operation, demand) in operations {
            let method = JSONTree.Member(name: operation.method.lowercased(), value: tree(operation, demand))
            if let index = paths.firstIndex(where: { $0.name == operation.path }) {
                paths[index] = .init(name: operation.path, value: paths[index].value.with([method]))
            } else {
                paths.append(.init(name: operation.path, value: .object([method])))
            }
        }
        return .object(paths)
    }

    private func tree(_ operation: Operation, _ demand: Demand?) -> JSONTree {
        var tree: JSONTree = [
            "operationId": .text(operation.id), "tags": [.text(operation.topic.rawValue)],
            "summary": .text(operation.summary),
        ]
        if !operation.description.isEmpty { tree = tree.described(operation.description) }
        if facts.hasAccounts, let demand { tree = tree.with("security", [["bearer": .list(demand.scopes)]]) }
        if !operation.parameters.isEmpty { tree = tree.with("parameters", .list(operation.parameters.map(\.tree))) }
        let answers = operation.answers + common(operation, demand)
        let ways = answers.sorted { $0.status < $1.status }.map {
            JSONTree.Member(
                name: String($0.status), value: $0.tree(with: (200..<300).contains($0.status) ? limitReferences : []))
        }
        return tree.with("requestBody", operation.body?.tree).with("responses", .object(ways))
    }

    private static let limits: KeyValuePairs<String, JSONTree> = [
        "RateLimit-Limit": Schema.number("Of the tier that is closest to its end.", 1...(.max)),
        "RateLimit-Remaining": Schema.number("What is left of it.", 0...(.max)),
        "RateLimit-Reset": Schema.number("Seconds until all of it is there again.", 0...(.max)),
        "RateLimit-Policy": Schema.text("All tiers.", example: "3;w=1, 20;w=10"),
    ]

    /// Of answers to requests that were let through.
    private var limitReferences: [JSONTree.Member] {
        guard facts.hasLimits else { return [] }
        return Self.limits.map { .init(name: $0.key, value: ["$ref": .text("#/components/headers/\($0.key)")]) }
    }

    /// How any request may be answered, before the route's own code is asked.
    private func common(_ operation: Operation, _ demand: Demand?) -> [Answer] {
        var answers: [Answer] = [
            .problem(400, "It can't be read: no HTTP, no JSON, or a parameter that is not valid."),
            .problem(408, "It did not come in time."), .problem(431, "Its head is too large."),
            .problem(
                429, "Too many requests of this caller.",
                headers: [
                    "Retry-After": Schema.number("Seconds.", 1...(.max)), "RateLimit-Limit": Self.limits[0].value,
                    "RateLimit-Remaining": Self.limits[1].value, "RateLimit-Reset": Self.limits[2].value,
                    "RateLimit-Policy": Self.limits[3].value,
                ]), .problem(500, "A mistake of the host's, of which its log says more."),
        ]
        if let body = operation.body {
            answers.append(.problem(413, "The body is too large."))
            if !body.isOfAnyType { answers.append(.problem(415, "The body's content type is another.")) }
        }
        if facts.hasAccounts, demand != nil {
            let scheme = ["WWW-Authenticate": Schema.text(pattern: "^Bearer")] as KeyValuePairs
            answers.append(.problem(401, "There are no good credentials.", headers: scheme))
            answers.append(.problem(403, "The credentials do not allow it.", headers: scheme))
            answers.append(.unavailable("Credentials can't be judged just now."))
        }
        return answers.filter { answer in !operation.answers.contains { $0.status == answer.status } }
    }
}

extension Demand {
    fileprivate var scopes: [JSONTree] {
        switch self {
        case .credentials: []
        case .scope(let scope): [.text(scope.rawValue)]
        }
    }
}
