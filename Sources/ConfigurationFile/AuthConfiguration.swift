public import ChannelSDK

/// Who may use the API: users, who log in, and their machines' keys.
public struct AuthConfiguration: Sendable, Hashable {
    public enum Registration: String, Sendable, Hashable, CaseIterable {
        case open, closed
    }

    /// What those who register themselves may be.
    public enum RegistrationRole: String, Sendable, Hashable, CaseIterable {
        case sender, viewer
    }

    /// Signs tokens. How long it must be is for who uses it to say, as it is with ``previousSecret``.
    public var secret: Secret
    /// Signed tokens before ``secret`` did.
    public var previousSecret: Secret?
    /// Of a token.
    public var lifetime: Duration
    public var issuer: String
    public var audience: String
    public var registration: Registration
    public var registrationRole: RegistrationRole
}

extension AuthConfiguration {
    /// - Returns: nil when something is missing, which is reported.
    init?(_ section: inout Section) {
        let secret = section.required(
            "secret", .secret, "Signs the tokens that a login gives: at least 32 characters, the same on all replicas.")
        previousSecret = section.optional(
            "previous_secret", .secret,
            "The secret before this one: its tokens stay good until they expire. Remove it after auth.lifetime."
        ).map { Secret($0) }
        lifetime = section.value(
            "lifetime", .duration(.seconds(60) ... .seconds(86_400)), default: .seconds(3600),
            "How long a token is good; after that, log in anew.")
        issuer = section.value("issuer", .text, default: "switchboard", "What tokens name as their issuer (iss).")
        audience = section.value(
            "audience", .text, default: "switchboard",
            "Whom tokens are for (aud): give hosts that share a secret different ones.")
        registration = section.value(
            "registration", .choice, default: .closed,
            "Whether anybody may make a user at POST /auth/register, or only 'switchboard users create'.")
        registrationRole = section.value(
            "registration_role", .choice, default: .sender, "The role of those who register.")
        guard let secret else { return nil }
        self.secret = Secret(secret)
    }
}
