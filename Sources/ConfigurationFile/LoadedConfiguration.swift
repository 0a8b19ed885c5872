public import ChannelSDK
public import Templates
public import YAMLDocument

/// What became of a file: its values, and everything there is to say about it.
public struct LoadedConfiguration: Sendable {
    /// Nil when there are errors.
    public let configuration: HostConfiguration?
    /// In the file's order; warnings stand here even when there is a configuration.
    public let diagnostics: [Diagnostic]
    let locator: SourceLocator
    /// Of the templates' files.
    var templates: [TemplatePlace: SourceLocator] = [:]
    /// Values from variables and files, by which messages from elsewhere are cleaned.
    let suppliedValues: [String]
    /// What the file says, key by key, to be held against what it says another time.
    public var values = ConfigurationValues()

    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// All diagnostics as they are printed.
    public var report: String { diagnostics.map { "\($0)\n" }.joined() }

    /// What a module's `init` found wrong with the settings of `channel`, at their places in the file.
    public func diagnostics(
        for problems: ConfigurationProblems, channel: String, severity: Diagnostic.Severity = .error
    ) -> [Diagnostic] {
        problems.problems.map { problem in
            if CallbackChannel.isName(channel) {
                let path = "callbacks.\(channel.dropFirst(CallbackChannel.prefix.count))"
                return diagnostic("\(path).\(problem.setting) \(problem.message)", at: "\(path).\(problem.setting)")
            }
            let path = "channels.\(channel).settings.\(problem.setting)"
            guard !problem.setting.isEmpty else {
                return diagnostic("the module of channel '\(channel)' \(problem.message)", severity: severity, at: path)
            }
            let message = "setting '\(problem.setting)' of channel '\(channel)' \(problem.message)"
            return diagnostic(message, severity: severity, at: path)
        }
    }

    /// A diagnostic of the host's own, e.g. that a provider cannot be asked though `uncertain: query` wants it.
    ///
    /// - Parameters:
    ///   - message: values of variables in it are masked.
    ///   - path: of a key, e.g. `channels.sms.uncertain`. One that is not in the file stands for the nearest around it.
    public func diagnostic(_ message: String, severity: Diagnostic.Severity = .error, at path: String) -> Diagnostic {
        let clean = suppliedValues.reduce(message) { $0.replacing($1, with: SourceExcerpt.mask) }
        return locator.diagnostic(severity, clean, at: position(of: path))
    }

    /// A diagnostic of the host's own about what a template says by channels of `module`.
    public func diagnostic(
        _ message: String, template: String, language: LanguageTag, module: String
    ) -> Diagnostic? {
        let locator = templates[TemplatePlace(template: template, language: language)]
        return locator.map { $0.diagnostic(.error, message, at: $0.positions[module]) }
    }

    /// Where a key stands: the key itself, or the nearest one around it that the file has.
    public func position(of path: String) -> YAMLPosition? {
        var parts = path.split(separator: ".")
        while !parts.isEmpty {
            if let position = locator.positions[parts.joined(separator: ".")] { return position }
            parts.removeLast()
        }
        return nil
    }
}

/// Turns findings into diagnostics with their line of the file.
struct SourceLocator: Sendable {
    let file: String
    let source: YAMLSource
    let positions: [String: YAMLPosition]
    /// The columns of a line that must not be shown.
    let masked: @Sendable (_ line: Int) -> [Range<Int>]

    func diagnostic(_ severity: Diagnostic.Severity, _ message: String, at position: YAMLPosition?) -> Diagnostic {
        let excerpt = position.flatMap { position in
            source.line(position.line).map {
                SourceExcerpt(line: $0, column: position.column, masked: masked(position.line))
            }
        }
        return Diagnostic(severity: severity, file: file, position: position, message: message, excerpt: excerpt)
    }
}
