internal import ChannelSDK
internal import YAMLDocument

/// Which keys may hold a secret, so that no excerpt of the file shows their values: not only where a secret belongs,
/// but also under a misspelt key, in the wrong section, or in a file that is not YAML.
struct SensitiveNames {
    private static let hints = [
        "secret", "token", "password", "passwd", "passphrase", "credential", "private", "apikey", "authkey", "signing",
    ]
    private let secrets: Set<String>
    private let modules: [ChannelDescriptor]

    init(modules: [ChannelDescriptor]) {
        self.modules = modules
        secrets = Set(modules.flatMap(\.providers).flatMap(\.settings).filter { $0.kind == .secret }.map(\.name))
    }

    /// By name alone.
    func contains(_ key: String) -> Bool {
        let plain = key.lowercased().filter { $0 != "_" && $0 != "-" }
        return secrets.contains(key) || Self.hints.contains { plain.contains($0) }
            || Spelling.suggestion(for: key, among: Array(secrets)) != nil
    }

    /// By name alone, whatever settings there are: also the headers by which requests prove who they are from.
    static func isSecretByName(_ key: String) -> Bool {
        let plain = key.lowercased().filter { $0 != "_" && $0 != "-" }
        return hints.contains { plain.contains($0) } || ["authorization", "cookie"].contains(plain)
            || Spelling.suggestion(for: key, among: ["secret", "password"]) != nil
    }

    /// A key under `settings:`. Nil for one that no provider declares.
    func isSecretSetting(_ key: String, module: String?) -> Bool? {
        let declared =
            modules
            .filter { module == nil || $0.name == module }
            .flatMap(\.providers).flatMap(\.settings).filter { $0.name == key }
        return declared.isEmpty ? nil : declared.contains { $0.kind == .secret }
    }
}
