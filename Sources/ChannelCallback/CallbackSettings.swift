import ChannelSDK

/// The settings of one subscription, read and checked.
struct CallbackSettings: Sendable {
    let url: String
    /// More than one while a secret is being replaced: each signs.
    let signers: [StandardWebhooks]
    let secrets: [Secret]
    let networks: [IPNetwork]
    /// What an answer may repeat and nobody is to read: the secrets, and what in the URL is as long as a token.
    let hidden: [Secret]

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        url = try configuration.required(configuration.string("url"), "url")
        let joined = try configuration.required(configuration.secret("secret"), "secret")
        secrets = joined.revealed.split(separator: " ").map { Secret(String($0)) }
        var problems: [ConfigurationProblems.Problem] = []
        signers = secrets.compactMap { secret in
            do throws(InvalidWebhookKey) {
                let signer = try StandardWebhooks(key: secret)
                _ = try signer.sign(id: "check", timestamp: .distantPast, body: [])
                return signer
            } catch {
                problems.append(.init(setting: "secret", message: "can't sign: \(error)"))
                return nil
            }
        }
        if secrets.isEmpty { problems.append(.init(setting: "secret", message: "is empty")) }
        networks = (configuration.list("allow_networks") ?? []).compactMap { text in
            if let network = IPNetwork(text) { return network }
            let message = "must be blocks of addresses such as 10.0.0.0/8, not '\(text)'"
            problems.append(.init(setting: "allow_networks", message: message))
            return nil
        }
        hidden =
            secrets
            + url.split { "/?&=".contains($0) }.dropFirst(2).filter { $0.count >= 12 }.map { Secret(String($0)) }
        if let flaw = Self.flaw(in: url, networks) { problems.append(.init(setting: "url", message: flaw)) }
        guard problems.isEmpty else { throw ConfigurationProblems(problems) }
    }

    /// What travels in the clear must not leave the machine.
    private static func flaw(in url: String, _ networks: [IPNetwork]) -> String? {
        let lower = url.lowercased()
        guard !url.contains("#") else { return "must have no fragment: remove it from '#' on" }
        let authority = lower.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { return "must have no user and password" }
        guard !lower.hasPrefix("https://") else { return nil }
        guard lower.hasPrefix("http://") else { return "must begin with https://" }
        guard let address = loopback(authority) else {
            return "must begin with https://; http:// is for an address of this machine, such as http://127.0.0.1:8080"
        }
        guard networks.contains(where: { $0.contains(address) }) else {
            return "must begin with https://; for http:// to this machine add '\(address)' to allow_networks"
        }
        return nil
    }

    /// The address that `authority`, with or without a port, names on this machine itself. The name `localhost` is not
    /// taken: which address it is, is not for us to say.
    private static func loopback(_ authority: Substring) -> IPAddress? {
        let host =
            authority.hasPrefix("[")
            ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        guard let address = IPAddress(host) else { return nil }
        let isLoopback = address.isIPv4 ? address.bits >> 24 == 127 : address.bits == 1
        return isLoopback ? address : nil
    }
}
