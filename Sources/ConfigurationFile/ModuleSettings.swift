internal import ChannelSDK

/// The `settings:` of one channel, read by the module's own declarations.
struct ModuleSettings {
    let configuration: ChannelConfiguration

    init(
        _ section: inout Section, of provider: ChannelDescriptor.Provider, among providers: [ChannelDescriptor.Provider]
    ) {
        var values: [String: SettingValue] = [:]
        for setting in provider.settings {
            values[setting.name] = Self.read(setting, &section) ?? Self.defaultValue(of: setting, section)
        }
        configuration = ChannelConfiguration(provider: provider.name, values: values)
        section.explainUnknown = { key in
            let others = providers.filter { $0.settings.contains { $0.name == key } }.map { "'\($0.name)'" }
            return others.isEmpty ? nil : "it is a setting of provider \(others.joined(separator: " and "))"
        }
    }

    private static func read(_ setting: Setting, _ section: inout Section) -> SettingValue? {
        if setting.kind == .list {
            if setting.isRequired, !section.has(setting.name) { section.reportMissing(setting.name) }
            return section.list(setting.name, .text, setting.help).map { .list($0) }
        }
        return setting.isRequired
            ? section.required(setting.name, setting.kind.valueKind, setting.help)
            : section.optional(setting.name, setting.kind.valueKind, setting.help)
    }

    private static func defaultValue(of setting: Setting, _ section: Section) -> SettingValue? {
        guard let text = setting.defaultValue, !setting.isRequired else { return nil }
        if setting.kind == .list { return .list([text]) }
        if let value = try? setting.kind.valueKind.parse(text) { return value }
        section.check.error(
            "\(section.path(of: setting.name)) is not set, and its default is not \(setting.kind.valueKind.expectation); "
                + "set it, and tell the module's author", at: section.position)
        return nil
    }
}

extension Setting.Kind {
    var valueKind: ValueKind<SettingValue> {
        switch self {
        case .string, .list: ValueKind.text.map { .string($0) }
        case .secret: ValueKind<String>.secret.map { .secret(Secret($0)) }
        case .integer(let range): ValueKind.integer(range).map { .integer($0) }
        case .boolean: ValueKind.boolean.map { .boolean($0) }
        case .duration: ValueKind.anyDuration.map { .duration($0) }
        case .url: ValueKind.url.map { .string($0) }
        case .choice(let choices): ValueKind.one(of: choices).map { .string($0) }
        }
    }
}
