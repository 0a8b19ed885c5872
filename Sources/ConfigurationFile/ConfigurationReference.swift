public import ChannelSDK
internal import YAMLDocument

/// Every key of `channels.yaml`, from the very declarations by which the file is read.
public enum ConfigurationReference {
    /// The host's own keys, in the order of the declarations.
    public static var keys: [KeyDescription] {
        let recorder = ReferenceRecorder()
        let check = FileCheck(
            source: YAMLSource([]), resolver: TemplateResolver(environment: [:], folder: "."), reference: recorder)
        var section = Section(path: "", position: YAMLPosition(line: 1, column: 1), entries: [], check: check)
        let plugins = PluginReader(&section, modules: [], folder: ".", load: ConfigurationLoader.noLibraries)
        _ = HostConfiguration(&section, plugins: plugins)
        return recorder.keys
    }

    /// The keys that a provider's settings add under `channels.NAME.settings`.
    public static func keys(of provider: ChannelDescriptor.Provider) -> [KeyDescription] {
        provider.settings.map { setting in
            KeyDescription(
                path: "channels.NAME.settings.\(setting.name)", expectation: setting.kind.expectation,
                fallback: setting.isRequired ? .required : setting.defaultValue.map { .value($0) } ?? .none,
                help: setting.help)
        }
    }

    /// A Markdown table of keys.
    public static func markdown(_ keys: [KeyDescription]) -> String {
        let rows = keys.map { key in
            let fallback =
                switch key.fallback {
                case .required: "required"
                case .none: ""
                case .value(let text): "`\(text)`"
                }
            return "| `\(key.path)` | \(escaped(key.expectation)) | \(fallback) | \(escaped(key.help)) |"
        }
        return (["| key | value | default | |", "|---|---|---|---|"] + rows).joined(separator: "\n") + "\n"
    }

    private static func escaped(_ text: String) -> String { text.replacing("|", with: "\\|") }
}

extension Setting.Kind {
    fileprivate var expectation: String {
        switch self {
        case .list: "a list of texts"
        case .secret: "a secret, by `${VARIABLE}` or `${file:PATH}`"
        default: valueKind.expectation
        }
    }
}
