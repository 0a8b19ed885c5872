public import ChannelSDK

/// What tokens are signed with, and what they say.
public struct TokenConfiguration: Sendable {
    /// Signs new tokens.
    public var secret: Secret
    /// Verifies tokens that were signed before the secret was changed; to be left out once they have expired.
    public var previousSecret: Secret?
    /// `iss`.
    public var issuer: String
    /// `aud`.
    public var audience: String
    /// From one minute to one day. Whole seconds.
    public var lifetime: Duration

    public init(
        secret: Secret, previousSecret: Secret? = nil, issuer: String = "switchboard",
        audience: String = "switchboard", lifetime: Duration = .seconds(3600)
    ) {
        self.secret = secret
        self.previousSecret = previousSecret
        self.issuer = issuer
        self.audience = audience
        self.lifetime = lifetime
    }

    /// Why a configuration can't be used: the name of the setting, and what to do. Never the secret.
    public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        public let setting: String
        public let message: String

        public var description: String { "\(setting) \(message)" }
    }

    static let minSecretCharacters = 32

    /// Everything that is wrong, not only the first.
    public var problems: [Problem] {
        var problems: [Problem] = []
        for (setting, secret) in [("secret", Optional(secret)), ("previous_secret", previousSecret)] {
            guard let count = secret?.revealed.count, count < Self.minSecretCharacters else { continue }
            problems.append(
                Problem(
                    setting: setting,
                    message: "must be at least \(Self.minSecretCharacters) characters long, and has \(count): make one "
                        + "with `openssl rand -base64 33`"))
        }
        if let previousSecret, previousSecret == secret {
            problems.append(
                Problem(setting: "previous_secret", message: "must differ from secret: leave it out without a change"))
        }
        for (setting, text) in [("issuer", issuer), ("audience", audience)] {
            guard !(1...128).contains(text.utf8.count) || !text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                continue
            }
            problems.append(
                Problem(setting: setting, message: "must be 1 to 128 characters of printable ASCII without spaces"))
        }
        if lifetime < .seconds(60) || lifetime > .seconds(86_400) || lifetime.components.attoseconds != 0 {
            problems.append(
                Problem(setting: "lifetime", message: "must be from 60 s to 24 h, in whole seconds"))
        }
        return problems
    }
}
