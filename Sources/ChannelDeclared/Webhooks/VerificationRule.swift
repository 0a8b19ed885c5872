public import ChannelSDK

/// How a declared channel's webhooks are known to be the provider's. Secrets are named by their settings.
public enum VerificationRule: Sendable, Hashable {
    public struct HMAC: Sendable, Hashable {
        public var secret: String
        public var header: String
        public var prefix: String
        public var hash: SignatureHash
        public var encoding: SignatureEncoding
        public var content: [HMACContentSignature.Part]
        public var timestampHeader: String?
        public var tolerance: Duration

        public init(
            secret: String, header: String, prefix: String = "", hash: SignatureHash = .sha256,
            encoding: SignatureEncoding = .hex, content: [HMACContentSignature.Part] = [.body],
            timestampHeader: String? = nil, tolerance: Duration = .seconds(300)
        ) {
            self.secret = secret
            self.header = header
            self.prefix = prefix
            self.hash = hash
            self.encoding = encoding
            self.content = content
            self.timestampHeader = timestampHeader
            self.tolerance = tolerance
        }
    }

    case hmac(HMAC)
    case standardWebhooks(secret: String, headers: String, tolerance: Duration)
    case bearer(secret: String)
    case header(name: String, secret: String)
    /// `{{webhook_url}}` brings the secret along.
    case query(name: String, secret: String)
    case basic(username: String, password: String)
    case none(reason: String)

    /// It signs the body, so what is beside the body could be anybody's, and only what it signs can be believed.
    public var signsOnlyBody: Bool {
        switch self {
        case .hmac(let hmac): !hmac.content.contains(.url)
        case .standardWebhooks: true
        case .bearer, .header, .query, .basic, .none: false
        }
    }

    public var isSignature: Bool {
        switch self {
        case .hmac, .standardWebhooks: true
        case .bearer, .header, .query, .basic, .none: false
        }
    }

    func verification(_ settings: SettingTexts) throws(ConfigurationProblems) -> WebhookVerification {
        switch self {
        case .hmac(let hmac): .scheme(Self.verifier(hmac, key: settings.secret(hmac.secret)))
        case .standardWebhooks(let secret, let headers, let tolerance):
            .scheme(try Self.standardWebhooks(secret, headers, tolerance, settings))
        case .bearer(let secret): .scheme(HeaderSecret.bearer(settings.secret(secret)))
        case .header(let name, let secret): .scheme(HeaderSecret(header: name, value: settings.secret(secret)))
        case .query(let name, let secret): .scheme(SharedSecret(queryItem: name, value: settings.secret(secret)))
        case .basic(let username, let password):
            .scheme(
                BasicAuthentication(
                    username: settings.text(of: username) ?? "", password: settings.secret(password)))
        case .none(let reason): .none(reason: reason)
        }
    }

    private static func verifier(_ hmac: HMAC, key: Secret) -> any WebhookVerifier {
        if hmac.content == [.body], hmac.timestampHeader == nil {
            return HMACSignature(
                header: hmac.header, prefix: hmac.prefix, key: key, hash: hmac.hash, encoding: hmac.encoding)
        }
        return HMACContentSignature(
            header: hmac.header, prefix: hmac.prefix, key: key, hash: hmac.hash, encoding: hmac.encoding,
            content: hmac.content, timestampHeader: hmac.timestampHeader, tolerance: hmac.tolerance)
    }

    private static func standardWebhooks(
        _ secret: String, _ headers: String, _ tolerance: Duration, _ settings: SettingTexts
    ) throws(ConfigurationProblems) -> StandardWebhooks {
        do throws(InvalidWebhookKey) {
            return try StandardWebhooks(
                key: settings.secret(secret), headers: .init(prefix: headers), tolerance: tolerance)
        } catch {
            throw ConfigurationProblems([
                .init(setting: secret, message: "is no key for Standard Webhooks: \(error.message)")
            ])
        }
    }
}
