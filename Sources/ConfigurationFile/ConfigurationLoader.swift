public import ChannelSDK
internal import Templates
public import YAMLDocument

/// Reads `channels.yaml`: `check` and `serve` both do it through this.
///
/// It never throws and never stops at the first problem: everything wrong with the file is in the diagnostics of the
/// answer.
public struct ConfigurationLoader: Sendable {
    /// Loads the library at a path, which must have the given SHA-256 if there is one.
    public typealias LibraryLoader =
        @Sendable (_ path: String, _ sha256: String?) throws(LibraryRefusal) -> ChannelModule

    private let modules: [ChannelModule]
    private let libraries: LibraryLoader
    private let environment: [String: String]
    private let limits: YAMLLimits
    /// More findings than a person can use are counted, not shown.
    private static let shown = 100

    /// - Parameters:
    ///   - modules: the channel modules that the host has without the file.
    ///   - libraries: loads those that the file names.
    ///   - environment: the variables for `${NAME}`.
    public init(
        modules: [ChannelModule], libraries: @escaping LibraryLoader = Self.noLibraries, environment: [String: String],
        limits: YAMLLimits = YAMLLimits()
    ) {
        self.modules = modules
        self.libraries = libraries
        self.environment = environment
        self.limits = limits
    }

    /// Refuses each.
    public static let noLibraries: LibraryLoader = { (path, _) throws(LibraryRefusal) in
        throw LibraryRefusal(file: path, reason: "can't be loaded: this program takes no libraries")
    }

    public func load(path: String) -> LoadedConfiguration {
        do throws(FileFailure) {
            return load(bytes: try BoundedFile.read(path, limit: limits.bytes + 1), file: path)
        } catch {
            return failure("the file \(error.message)", file: path)
        }
    }

    /// - Parameter file: as messages name it; `${file:PATH}` begins at its folder.
    public func load(bytes: [UInt8], file: String) -> LoadedConfiguration {
        do throws(YAMLProblem) {
            let tree = try YAMLTree(parsing: bytes, limits: limits)
            guard let root = tree.root else {
                return failure("the file is empty; see channels.yaml for an example", file: file)
            }
            return check(tree, root, source: YAMLSource(bytes), file: file)
        } catch {
            // Of a file that is too large no line is shown.
            let source = YAMLSource(error.position == nil ? [] : bytes)
            let names = SensitiveNames(modules: modules.map(\.descriptor))
            let locator = SourceLocator(file: file, source: source, positions: [:]) {
                SecretMasks.columns(ofUnparsedLine: $0, in: source, names: names)
            }
            return LoadedConfiguration(
                configuration: nil, diagnostics: [locator.diagnostic(.error, error.message, at: error.position)],
                locator: locator, suppliedValues: [])
        }
    }

    private func check(_ tree: YAMLTree, _ root: YAMLNode, source: YAMLSource, file: String) -> LoadedConfiguration {
        let folder = file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
        let check = FileCheck(source: source, resolver: TemplateResolver(environment: environment, folder: folder))
        for problem in tree.problems { check.error(problem.message, at: problem.position) }
        var configuration: HostConfiguration?
        if case .mapping(let entries) = root.content {
            var section = Section(path: "", position: root.start, entries: entries, check: check)
            let plugins = PluginReader(&section, modules: modules, folder: folder, load: libraries)
            configuration = HostConfiguration(&section, plugins: plugins)
            section.finish()
            if let named = configuration?.templates?.folder {
                configuration?.templates?.path = Self.path(named, besides: folder)
            }
        } else {
            check.error("the file must be a mapping with keys such as 'channels', not \(root.typeName)", at: root.start)
        }
        let descriptors = (configuration?.modules ?? modules).map(\.descriptor)
        let texts = templates(of: &configuration, descriptors, check)
        let masks = SecretMasks(root, names: SensitiveNames(modules: descriptors))
        let locator = SourceLocator(file: file, source: source, positions: check.positions) {
            masks.columns(ofLine: $0)
        }
        var loaded = LoadedConfiguration(
            configuration: check.errorCount > 0 || texts.hasErrors ? nil : configuration,
            diagnostics: Self.diagnostics(check.findings, locator) + texts.diagnostics,
            locator: locator, templates: texts.locators,
            suppliedValues: check.suppliedValues.filter { $0.count >= 4 }.sorted { $0.count > $1.count })
        loaded.values = ConfigurationValues(
            root, resolved: check.resolvedTexts, masks: masks, templates: texts.fingerprints)
        return loaded
    }

    /// Reads the templates' folder into `configuration`.
    private func templates(
        of configuration: inout HostConfiguration?, _ modules: [ChannelDescriptor], _ check: FileCheck
    ) -> TemplateFolder {
        var folder = TemplateFolder(
            modules: modules, used: Set((configuration?.channels ?? []).map(\.module)), limits: limits)
        guard let templates = configuration?.templates else { return folder }
        do throws(FileFailure) {
            let found = try folder.read(templates.path, defaultLanguage: templates.defaultLocale)
            configuration?.templates?.catalog = TemplateCatalog(
                templates: found, defaultLanguage: templates.defaultLocale)
        } catch {
            // The path may be a variable's value, which is not shown.
            check.error(
                "the templates' folder \(error.message); a relative path begins at this file's folder (in templates.folder)",
                at: check.positions["templates.folder"] ?? check.positions["templates"])
        }
        return folder
    }

    private static func path(_ named: String, besides folder: String) -> String {
        if named.hasPrefix("/") || folder == "." { return named }
        return folder == "/" ? "/\(named)" : "\(folder)/\(named)"
    }

    static func diagnostics(_ findings: [FileCheck.Finding], _ locator: SourceLocator) -> [Diagnostic] {
        let start = YAMLPosition(line: 1, column: 1)
        let sorted = findings.sorted { ($0.position ?? start, $0.message) < ($1.position ?? start, $1.message) }
        var diagnostics = sorted.prefix(shown).map { locator.diagnostic($0.severity, $0.message, at: $0.position) }
        let rest = sorted.dropFirst(shown)
        if !rest.isEmpty {
            let severity = rest.contains { $0.severity == .error } ? Diagnostic.Severity.error : .warning
            diagnostics.append(locator.diagnostic(severity, "\(rest.count) more problems are not shown", at: nil))
        }
        return diagnostics
    }

    private func failure(_ message: String, file: String) -> LoadedConfiguration {
        let locator = SourceLocator(file: file, source: YAMLSource([]), positions: [:]) { _ in [] }
        return LoadedConfiguration(
            configuration: nil, diagnostics: [locator.diagnostic(.error, message, at: nil)], locator: locator,
            suppliedValues: [])
    }
}
