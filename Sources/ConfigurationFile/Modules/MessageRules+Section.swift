internal import ChannelDeclared
internal import YAMLDocument

extension MessageRules {
    init(_ section: inout Section) {
        self.init(
            recipient: section.value("recipient", .choice, default: .text, "What 'to' must be."),
            recipientPrefix: section.optional("recipient_prefix", .text, "What each recipient begins with, e.g. '#'."),
            maxBody: section.optional(
                "max_body", .integer(1...1_000_000), "The most characters (Unicode code points)."),
            maxBodyBytes: section.optional("max_body_bytes", .integer(1...1_000_000), "The most bytes of UTF-8."),
            required: section.list(
                "required", .messagePart, "What every message must have, beside recipient and body.") ?? [])
    }
}

extension ValueKind<Placeholder> {
    static let messagePart = ValueKind(
        expectation: "subject, or options.NAME",
        parse: { (text) throws(Mismatch) in
            switch Placeholder(text) {
            case .subject: return .subject
            case .option(let name): return .option(name)
            default: throw Mismatch()
            }
        }, format: { $0.name })
}
