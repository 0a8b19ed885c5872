import ChannelSDK

/// A problem as the Messages API describes it (RFC 9457), in answers and in status webhooks.
struct VonageProblem: Decodable {
    /// What stands behind the `#` of the type, e.g. `1120` or `unauthorized`, else the title where that is a number.
    let code: String?
    let words: String?

    private enum Key: String, CodingKey { case type, title, detail }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let number = (try? fields.decodeIfPresent(Int.self, forKey: .title)).map { String($0) }
        let title = fields.text(.title)
        let fragment = fields.text(.type).flatMap { type in
            type.lastIndex(of: "#").map { String(type[type.index(after: $0)...]) }
        }
        code = [fragment, number, title.flatMap { Int($0) == nil ? nil : $0 }].compactMap(\.self).first { !$0.isEmpty }
        words = fields.text(.detail) ?? title
    }
}
