/// The request that submits one message.
public struct RequestTemplate: Sendable, Hashable {
    public struct Field: Sendable, Hashable {
        public let name: String
        public let value: TextTemplate

        public init(name: String, value: TextTemplate) {
            self.name = name
            self.value = value
        }
    }

    public enum Body: Sendable, Hashable {
        case none
        case json(JSONTemplate)
        case form([Field])
        case text(TextTemplate)
    }

    public enum Method: String, Sendable, Hashable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
    }

    /// HTTP Basic authentication with two settings.
    public struct Credentials: Sendable, Hashable {
        public let username: String
        public let password: String

        public init(username: String, password: String) {
            self.username = username
            self.password = password
        }
    }

    public var method: Method
    /// Begins with `http://` or `https://` and a host, or with a setting that holds them. Further values are encoded
    /// as one component each.
    public var url: TextTemplate
    public var query: [Field]
    public var headers: [Field]
    public var body: Body
    public var credentials: Credentials?
    /// Carries the delivery's id; the provider drops a repeat of the same.
    public var idempotencyHeader: String?

    public init(
        method: Method = .post, url: TextTemplate, query: [Field] = [], headers: [Field] = [], body: Body = .none,
        credentials: Credentials? = nil, idempotencyHeader: String? = nil
    ) {
        self.method = method
        self.url = url
        self.query = query
        self.headers = headers
        self.body = body
        self.credentials = credentials
        self.idempotencyHeader = idempotencyHeader
    }

    /// The setting that ``url`` begins with.
    public var baseSetting: String? {
        if case .placeholder(.setting(let name))? = url.pieces.first { name } else { nil }
    }

    /// Everything that a message is put into.
    public var placeholders: Set<Placeholder> {
        let bodyTemplates: [TextTemplate] =
            switch body {
            case .none: []
            case .json(let json): json.templates
            case .form(let fields): fields.map(\.value)
            case .text(let text): [text]
            }
        let templates = [url] + (query + headers).map(\.value) + bodyTemplates
        return Set(templates.flatMap(\.uses).map(\.placeholder))
    }
}
