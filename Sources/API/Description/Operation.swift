/// What there is to know of one route: everything but what it demands of credentials, which the route itself says.
struct Operation: Sendable {
    enum Topic: String, CaseIterable {
        case notifications = "Notifications"
        case optOuts = "Opt-outs"
        case events = "Events"
        case accounts = "Accounts"
        case webhooks = "Webhooks"
        case host = "The host"
        case description = "Description"
    }

    let method: String
    /// With its parameters in braces, as the router has it.
    let path: String
    /// A name for programs.
    let id: String
    let topic: Topic
    /// A few words.
    let summary: String
    let description: String
    let parameters: [Parameter]
    let body: Body?
    let answers: [Answer]

    init(
        _ method: String, _ path: String, _ id: String, _ topic: Topic, _ summary: String, _ description: String = "",
        parameters: [Parameter] = [], body: Body? = nil, answers: [Answer]
    ) {
        (self.method, self.path, self.id, self.topic) = (method, path, id, topic)
        (self.summary, self.description) = (summary, description)
        (self.parameters, self.body, self.answers) = (parameters, body, answers)
    }
}

struct Parameter: Sendable {
    enum Place: String { case path, query, header }

    let place: Place
    let name: String
    let description: String
    let schema: JSONTree
    var isRequired = false

    static func path(_ name: String, _ description: String, _ schema: JSONTree) -> Self {
        Self(place: .path, name: name, description: description, schema: schema, isRequired: true)
    }

    static func query(_ name: String, _ description: String, _ schema: JSONTree) -> Self {
        Self(place: .query, name: name, description: description, schema: schema)
    }

    static func header(_ name: String, _ description: String, _ schema: JSONTree) -> Self {
        Self(place: .header, name: name, description: description, schema: schema)
    }

    var tree: JSONTree {
        [
            "name": .text(name), "in": .text(place.rawValue), "required": .flag(isRequired),
            "description": .text(description), "schema": schema,
        ]
    }
}

struct Body: Sendable {
    /// Media types with the schema of each.
    let content: KeyValuePairs<String, JSONTree>
    var examples: KeyValuePairs<String, JSONTree> = [:]
    /// What checks the body is not its media type: a provider's webhook comes in any.
    var isOfAnyType = false
    var isRequired = true

    static func json(_ schema: JSONTree, examples: KeyValuePairs<String, JSONTree>) -> Self {
        Self(content: ["application/json": schema], examples: examples)
    }

    var tree: JSONTree {
        let named = examples.map { JSONTree.Member(name: $0.key, value: ["value": $0.value]) }
        let types = content.map { type, schema in
            let media: JSONTree = ["schema": schema]
            return JSONTree.Member(
                name: type,
                value: named.isEmpty || type != "application/json" ? media : media.with("examples", .object(named)))
        }
        return ["required": .flag(isRequired), "content": .object(types)]
    }
}

/// One of the ways in which a request is answered.
struct Answer: Sendable {
    let status: Int
    let description: String
    var content: KeyValuePairs<String, JSONTree> = [:]
    var example: JSONTree?
    /// Every such answer has these.
    var headers: KeyValuePairs<String, JSONTree> = [:]
    /// Some such answers have these.
    var optionalHeaders: KeyValuePairs<String, JSONTree> = [:]
    /// Operations that this answer leads to.
    var links: [Link] = []

    struct Link: Sendable {
        let name: String
        let operation: String
        /// The parameters of the operation, as runtime expressions.
        let parameters: KeyValuePairs<String, JSONTree>
    }

    static func json(
        _ status: Int, _ description: String, _ schema: JSONTree, example: JSONTree? = nil,
        headers: KeyValuePairs<String, JSONTree> = [:],
        sometimes optionalHeaders: KeyValuePairs<String, JSONTree> = [:],
        links: [Link] = []
    ) -> Self {
        Self(
            status: status, description: description, content: ["application/json": schema], example: example,
            headers: headers, optionalHeaders: optionalHeaders, links: links)
    }

    static func problem(_ status: Int, _ description: String, headers: KeyValuePairs<String, JSONTree> = [:]) -> Self {
        Self(
            status: status, description: description,
            content: ["application/problem+json": Schema.named("Problem")], headers: headers)
    }

    /// What may be different in a while.
    static func unavailable(_ description: String) -> Self {
        problem(503, description, headers: ["Retry-After": Schema.number("Seconds.", 1...3600)])
    }

    /// - Parameter common: members of the answer's headers that are described elsewhere.
    func tree(with common: [JSONTree.Member] = []) -> JSONTree {
        var tree: JSONTree = ["description": .text(description)]
        let own =
            headers.map { JSONTree.Member(name: $0.key, value: ["required": true, "schema": $0.value]) }
            + optionalHeaders.map { JSONTree.Member(name: $0.key, value: ["required": false, "schema": $0.value]) }
        if !own.isEmpty || !common.isEmpty { tree = tree.with("headers", .object(own + common)) }
        let types = content.map { type, schema in
            let media: JSONTree = ["schema": schema]
            return JSONTree.Member(name: type, value: media.with("example", example))
        }
        if !types.isEmpty { tree = tree.with("content", .object(types)) }
        if !links.isEmpty { tree = tree.with("links", .object(links.map(\.member))) }
        return tree
    }
}

extension Answer.Link {
    fileprivate var member: JSONTree.Member {
        let parameters = parameters.map { JSONTree.Member(name: $0.key, value: $0.value) }
        return .init(name: name, value: ["operationId": .text(operation), "parameters": .object(parameters)])
    }
}
