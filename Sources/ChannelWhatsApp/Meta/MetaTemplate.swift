import ChannelSDK

/// An approved template and what goes into it, from the options `template_name`, `template_language`,
/// `template_variables`, and the media options for its header.
struct MetaTemplate: Encodable {
    struct Language: Encodable { let code: String }

    let name: String
    let language: Language
    let components: [Component]

    init(_ name: String, language: String, variables: MetaTemplateVariables?, media: MetaMedia?) {
        self.name = name
        self.language = Language(code: language)
        var header = variables?.header ?? []
        if let media { header.append(.media(media)) }
        var components: [Component] = []
        if !header.isEmpty { components.append(Component(type: "header", parameters: header)) }
        if let body = variables?.body, !body.isEmpty { components.append(Component(type: "body", parameters: body)) }
        for button in variables?.buttons ?? [] {
            components.append(
                Component(type: "button", sub_type: "url", index: String(button.index), parameters: [button.parameter]))
        }
        self.components = components
    }

    /// A part of the template with places to fill; named as Meta names the fields.
    struct Component: Encodable {
        let type: String
        var sub_type: String?
        var index: String?
        let parameters: [Parameter]
    }

    enum Parameter: Encodable {
        /// - `name`: nil for a place that has a number.
        case text(String, name: String?)
        case media(MetaMedia)

        private enum Key: String, CodingKey { case type, text, parameter_name }

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .text(let text, let name):
                var fields = encoder.container(keyedBy: Key.self)
                try fields.encode("text", forKey: .type)
                try fields.encode(text, forKey: .text)
                try fields.encodeIfPresent(name, forKey: .parameter_name)
            case .media(let media): try media.encode(to: encoder)
            }
        }
    }

    // MARK: Rules

    static let nameRule = "must be a template's name: lower case letters, digits and '_', up to 512 of them"
    static let languageRule = "must be a language as Meta writes it, such as 'en', 'en_US' or 'pt_BR'"

    static func isName(_ text: String) -> Bool {
        (1...512).contains(text.utf8.count)
            && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") }
    }

    /// Two or three small letters, and maybe `_` with letters or digits after it.
    static func isLanguage(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), (2...3).contains(parts[0].count) else { return false }
        guard parts[0].allSatisfy({ (97...122).contains($0) }) else { return false }
        return parts.dropFirst().allSatisfy { part in
            (2...8).contains(part.count) && part.allSatisfy { (97...122).contains($0 | 0x20) || (48...57).contains($0) }
        }
    }
}
