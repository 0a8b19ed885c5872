internal import ChannelSDK
internal import YAMLDocument

/// The `settings:` of a declared module: what each of its channels is told.
enum DeclaredSettings {
    private enum Kind: String, Sendable, Hashable, CaseIterable {
        case string, secret, integer, boolean, duration, url, choice, list
    }

    static func all(in section: inout Section) -> [Setting] {
        let check = section.check
        let node = section.node(
            "settings", "a mapping from names to settings", .none, "What each channel of the module is told, by name.")
        if check.reference != nil {
            let path = section.path(of: "settings") + ".NAME"
            var one = Section(path: path, position: section.position, entries: [], check: check)
            _ = setting("NAME", &one)
        }
        guard let node else { return [] }
        return check.named(node, path: section.path(of: "settings"), what: "setting") { name, entry, path in
            guard let entries = check.entries(of: entry.value, path: path) else { return nil }
            var inner = Section(path: path, position: entry.keyStart, entries: entries, check: check)
            let setting = setting(name, &inner)
            inner.finish()
            return setting
        }
    }

    private static func setting(_ name: String, _ section: inout Section) -> Setting {
        let kind = section.value("kind", ValueKind<Kind>.choice, default: .string, "What its value must be.")
        let isRequired = section.value("required", .boolean, default: false, "Whether a channel must give it.")
        let lowest = section.optional("min", .anyInteger, "The least, of an integer.")
        let highest = section.optional("max", .anyInteger, "The most, of an integer.")
        let choices = section.list("choices", .text, "The values that a choice has.")
        let help = section.required("help", .text, "What it is: one sentence for the operator.")
        let fallback = defaultText(&section, isSecret: kind == .secret)
        func refuse(_ key: String, unless wanted: Kind) {
            guard section.has(key), kind != wanted else { return }
            section.check.error(
                "\(section.path(of: key)) is for settings of kind \(wanted.rawValue)", at: section.position(of: key))
        }
        refuse("min", unless: .integer)
        refuse("max", unless: .integer)
        refuse("choices", unless: .choice)
        if kind == .choice, choices?.isEmpty ?? true {
            section.reportMissing("choices", hint: ", which a choice needs")
        }
        let bounds = (lowest ?? -1_000_000_000, highest ?? 1_000_000_000)
        if bounds.0 > bounds.1 {
            section.check.error(
                "\(section.path).min must not be more than \(section.path).max", at: section.position(of: "min"))
        }
        let setting = Setting(
            name, sdkKind(kind, min(bounds.0, bounds.1)...max(bounds.0, bounds.1), choices ?? []),
            required: isRequired, default: fallback, help: help ?? "")
        return checked(setting, section)
    }

    private static func sdkKind(_ kind: Kind, _ range: ClosedRange<Int>, _ choices: [String]) -> Setting.Kind {
        switch kind {
        case .string: .string
        case .secret: .secret
        case .integer: .integer(range)
        case .boolean: .boolean
        case .duration: .duration
        case .url: .url
        case .choice: .choice(choices)
        case .list: .list
        }
    }

    /// A secret's is refused without being shown.
    private static func defaultText(_ section: inout Section, isSecret: Bool) -> String? {
        let help = "Its value where a channel gives none."
        guard isSecret, section.has("default") else { return section.optional("default", .text, help) }
        _ = section.node("default", "text", .none, help)
        section.check.error(
            "\(section.path(of: "default")): a secret has no default; let it be required",
            at: section.position(of: "default"))
        return nil
    }

    /// Without a default that is wrong.
    private static func checked(_ setting: Setting, _ section: Section) -> Setting {
        guard let text = setting.defaultValue else { return setting }
        if setting.isRequired {
            section.check.error(
                "\(section.path(of: "default")) is never used, because the setting is required; remove one of them",
                at: section.position(of: "default"))
        } else if setting.kind != .list, (try? setting.kind.valueKind.parse(text)) == nil {
            section.check.error(
                "\(section.path(of: "default")) must be \(setting.kind.valueKind.expectation), "
                    + "not '\(text.printable(limit: 40))'", at: section.position(of: "default"))
            return Setting(setting.name, setting.kind, help: setting.help)
        }
        return setting
    }
}

extension ValueKind<Int> {
    static let anyInteger = integer(-1_000_000_000...1_000_000_000)
}
