import ChannelSDK
import FoundationEssentials

/// Reads one element of `attachments`: `name`, `mediaType`, and either `data`, the bytes in base64, or `url`, from which
/// the provider fetches them.
struct AttachmentReader {
    /// How many a notification can have.
    static let most = 20

    private let field: String
    private(set) var problems: [FieldProblem] = []
    private var values: [String: String] = [:]
    private var seen: Set<String> = []

    private static let fields = ["contentId", "data", "mediaType", "name", "url"]

    init(field: String) { self.field = field }

    mutating func read(_ scanner: inout JSONScanner) throws(JSONScanner.Problem) -> MessageAttachment? {
        guard try scanner.peek() == .object else {
            note("", "must be an object with name, mediaType and data")
            try scanner.skip()
            return nil
        }
        try scanner.object { (scanner, key) throws(JSONScanner.Problem) in
            guard Self.fields.contains(key) else {
                note(
                    ".\(key.prefix(60))", "is not a field of an attachment: \(Self.fields.joined(separator: ", ")) are")
                return try scanner.skip()
            }
            if !seen.insert(key).inserted { note(".\(key)", "comes twice: keep one") }
            guard try scanner.peek() == .string else {
                let isNull = try scanner.peek() == .null
                if !isNull { note(".\(key)", "must be a string") }
                return try scanner.skip()
            }
            values[key] = try scanner.string()
        }
        return attachment()
    }

    private mutating func note(_ member: String, _ message: String) {
        problems.append(FieldProblem(field: field + member, message: message))
    }

    /// Nil, and what is wrong, unless all is well.
    private mutating func attachment() -> MessageAttachment? {
        for key in ["name", "mediaType"] where values[key] == nil && !isNoted(key) { note(".\(key)", "is required") }
        guard let content = content(), let name = values["name"], let mediaType = values["mediaType"] else {
            return nil
        }
        let attachment = MessageAttachment(
            name: name, mediaType: mediaType.lowercased(), content: content, contentID: values["contentId"])
        problems += attachment.problems(at: field)
        return problems.isEmpty ? attachment : nil
    }

    private mutating func content() -> MessageAttachment.Content? {
        switch (values["data"], values["url"]) {
        case (_?, _?): note(".url", "stands beside 'data': give one of them")
        case (nil, let url?): return .link(url)
        case (let text?, nil):
            if let data = Data(base64Encoded: text) { return .bytes(Array(data)) }
            note(".data", "is not base64 (RFC 4648, with '+', '/' and padding, without line breaks)")
        case (nil, nil): if !isNoted("data"), !isNoted("url") { note(".data", "is required, or 'url'") }
        }
        return nil
    }

    private func isNoted(_ key: String) -> Bool { problems.contains { $0.field == "\(field).\(key)" } }
}
