import ChannelSDK

/// Where a value stands in an answer or a webhook: `/a/0/b`, `form:NAME`, `query:NAME`, `header:NAME` or `text`.
public enum ValueSelector: Sendable, Hashable {
    /// A JSON pointer (RFC 6901), its parts unescaped.
    case pointer([String])
    case form(String)
    case query(String)
    case header(String)
    /// The whole body, without space around it.
    case text

    /// Nil for what is none of these.
    public init?(_ text: String) {
        if text == "text" {
            self = .text
        } else if text.hasPrefix("/") {
            guard let path = Self.path(text) else { return nil }
            self = .pointer(path)
        } else {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty else { return nil }
            switch parts[0] {
            case "form": self = .form(String(parts[1]))
            case "query": self = .query(String(parts[1]))
            case "header": self = .header(String(parts[1]))
            default: return nil
            }
        }
    }

    private static func path(_ pointer: String) -> [String]? {
        var path: [String] = []
        for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let tildes = part.indices.filter { part[$0] == "~" }
            let areEscapes = tildes.allSatisfy { tilde in
                let next = part.index(after: tilde)
                return next < part.endIndex && (part[next] == "0" || part[next] == "1")
            }
            guard areEscapes else { return nil }
            path.append(String(part).replacing("~1", with: "/").replacing("~0", with: "~"))
        }
        return path
    }
}

/// What selectors read from: a provider's answer, or one event of a webhook.
struct SelectedContent {
    var json: JSONValue?
    var form: [FormEncoding.Pair] = []
    var query: [FormEncoding.Pair] = []
    var headers = HTTPHeaders()
    var body: [UInt8] = []

    init() {}

    init(_ response: HTTPResponse) {
        json = JSONValue(response.body)
        headers = response.headers
        body = response.body
    }

    init(_ request: WebhookRequest, json: JSONValue?, form: [FormEncoding.Pair]) {
        self.json = json
        self.form = form
        query = request.queryItems
        headers = request.headers
        body = request.body
    }

    /// Nil where there is nothing, or an empty text.
    func word(_ selector: ValueSelector?) -> String? {
        guard let selector else { return nil }
        let word: String? =
            switch selector {
            case .pointer(let path): json?[path]?.scalar
            case .form(let name): form.first { $0.name == name }?.value
            case .query(let name): query.first { $0.name == name }?.value
            case .header(let name): headers[name]
            case .text: Self.trimmed(body)
            }
        return word?.isEmpty ?? true ? nil : word
    }

    private static func trimmed(_ body: [UInt8]) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
        let start = body.drop(while: isSpace)
        let end = start.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start.startIndex
        return String(decoding: start[..<end], as: UTF8.self)
    }
}

extension JSONValue {
    /// As ``word``, and what a truth value says.
    fileprivate var scalar: String? {
        if case .boolean(let value) = self { String(value) } else { word }
    }
}
