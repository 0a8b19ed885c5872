import ChannelSDK
import FoundationEssentials

/// What the settings of all providers have in common, with everything that is wrong with them.
struct EmailSettings {
    private let configuration: ChannelConfiguration
    private(set) var problems: [ConfigurationProblems.Problem] = []

    init(_ configuration: ChannelConfiguration) { self.configuration = configuration }

    static let from = Setting(
        "from", .string, required: true,
        help: "The sender: an address, or a name and one, e.g. Acme <hello@acme.example>.")

    static func baseURL(_ url: String) -> Setting {
        Setting("base_url", .url, default: url, help: "Where the provider's API is; another for a region or for tests.")
    }

    mutating func add(_ setting: String, _ message: String) {
        problems.append(.init(setting: setting, message: message))
    }

    /// Nil, and a problem, when it is missing or not an address.
    mutating func sender() -> Mailbox? {
        let sender = configuration.string("from").flatMap { Mailbox($0) }
        if sender == nil { add("from", Mailbox.rule) }
        return sender
    }

    /// Never with a line break, which would end the header that carries it.
    mutating func secret(_ name: String, _ purpose: String) -> Secret {
        let secret = configuration.secret(name) ?? Secret("")
        if secret.isEmpty {
            add(name, "must not be empty: \(purpose)")
        } else if !HeaderText.isSafe(secret.revealed) {
            add(name, "must be one line: is there a line break at its end?")
        }
        return secret
    }

    /// One that stands in an address: it means nothing there but itself. Nil when it is not set.
    mutating func addressSecret(_ name: String) -> Secret? {
        guard let secret = configuration.secret(name) else { return nil }
        let isPlain = secret.revealed.utf8.allSatisfy {
            (48...57).contains($0) || (97...122).contains($0 | 0x20) || "-._~".utf8.contains($0)
        }
        if secret.revealed.utf8.count < 16 || !isPlain {
            add(name, "must be 16 or more letters, digits and the signs -._~")
        }
        return secret
    }

    /// Without a slash at the end.
    mutating func baseURL(default url: String) -> String {
        let base = configuration.string("base_url") ?? url
        if base.contains("?") || base.contains("#") { add("base_url", "must have no query and no fragment") }
        return base.hasSuffix("/") ? String(base.dropLast()) : base
    }

    static func allowedAddresses(_ help: String) -> Setting { Setting("allowed_addresses", .list, help: help) }

    /// Where webhooks may come from; nil: from anywhere.
    mutating func allowedAddresses() -> [IPNetwork]? {
        guard let addresses = configuration.list("allowed_addresses") else { return nil }
        if addresses.isEmpty {
            add("allowed_addresses", "must not be empty: remove it, or name the provider's addresses")
        }
        for text in addresses where IPNetwork(text) == nil {
            let hint = IPNetwork.meant(by: text).map { "; did you mean \($0)?" } ?? ""
            add(
                "allowed_addresses",
                "must be addresses such as 10.0.0.5 or 10.0.0.0/24, which '\(text.prefix(60))' is not\(hint)")
        }
        return addresses.compactMap { IPNetwork($0) }
    }

    /// The path of a PEM file that is there.
    mutating func certificateFile(_ name: String) -> String? {
        guard let path = configuration.string(name) else { return nil }
        var isFolder = false
        if !path.hasPrefix("/") || path.utf8.contains(0) {
            add(name, "must be an absolute path")
        } else if !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) || isFolder {
            add(name, "names no file: \(path)")
        } else if !FileManager.default.isReadableFile(atPath: path) {
            add(name, "names a file that this user may not read: \(path)")
        }
        return path
    }

    func check() throws(ConfigurationProblems) {
        if !problems.isEmpty { throw ConfigurationProblems(problems) }
    }

    var refusal: ConfigurationProblems { ConfigurationProblems(problems) }
}
