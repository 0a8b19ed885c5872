import ChannelSDK

/// A channel's settings, as templates put them into requests. Its dump shows no secret.
struct SettingTexts: Sendable {
    private enum Value: Sendable {
        case text(String)
        case secret(Secret)
        /// A number or a truth value, in JSON's words.
        case literal(String)
        case list([String])
    }

    private var values: [String: Value] = [:]

    init(_ settings: [Setting], _ configuration: ChannelConfiguration) {
        for setting in settings {
            let name = setting.name
            values[name] =
                switch setting.kind {
                case .string, .choice, .url: configuration.string(name).map(Value.text)
                case .secret: configuration.secret(name).map(Value.secret)
                case .integer: configuration.integer(name).map { .literal(String($0)) }
                case .boolean: configuration.boolean(name).map { .literal(String($0)) }
                // Whole seconds are what providers count in.
                case .duration: configuration.duration(name).map { .literal(String($0.components.seconds)) }
                case .list: configuration.list(name).map(Value.list)
                }
        }
    }

    func text(of name: String) -> String? {
        switch values[name] {
        case .text(let text), .literal(let text): text
        case .secret(let secret): secret.revealed
        case .list(let texts): texts.joined(separator: ",")
        case nil: nil
        }
    }

    /// In JSON: a number or a truth value is no string, and a list is an array.
    func json(of name: String) -> String? {
        switch values[name] {
        case .literal(let text): text
        case .list(let texts): "[" + texts.map(JSONValue.quoted).joined(separator: ",") + "]"
        default: text(of: name).map(JSONValue.quoted)
        }
    }

    func secret(_ name: String) -> Secret {
        if case .secret(let secret)? = values[name] { secret } else { Secret("") }
    }

    var secrets: [Secret] {
        values.values.compactMap { if case .secret(let secret) = $0 { secret } else { nil } }
    }
}
