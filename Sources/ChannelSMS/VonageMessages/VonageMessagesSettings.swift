import ChannelSDK
import CryptoExtras

/// What channels.yaml says about a Vonage account that sends by the Messages API.
struct VonageMessagesSettings: Sendable {
    /// How requests prove whose they are.
    enum Credentials: Sendable {
        case account(secret: Secret)
        case application(id: String, key: _RSA.Signing.PrivateKey)
    }

    static let provider = ChannelDescriptor.Provider(
        "vonage_messages", title: "Vonage Messages API",
        settings: [
            Setting("api_key", .string, required: true, help: "The account's API key."),
            Setting(
                "api_secret", .secret,
                help: "The account's API secret, for requests to Vonage; or give application_id and private_key."),
            Setting(
                "application_id", .string,
                help: "The UUID of the application whose private_key signs requests to Vonage."
            ),
            Setting("private_key", .secret, help: "The application's private key, PEM, best by ${file:PATH}."),
            Setting("from", .string, required: true, help: "The sender: a phone number, a short code or a name."),
            Setting(
                "signature_secret", .secret, required: true,
                help: "The account's signature secret, to verify its webhooks."),
            Setting(
                "validity_period", .duration,
                help: "How long carriers may try to deliver a message, 20s to 7d; after that it fails."),
            Setting(
                "base_url", .url, default: "https://api.nexmo.com",
                help: "Where Vonage's Messages API is; another for regions and tests."),
        ])

    let apiKey: String
    let credentials: Credentials
    let from: String
    let signatureSecret: Secret
    /// In seconds, as the API counts.
    let validityPeriod: Int64?
    /// Without a slash at the end.
    let baseURL: String

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        apiKey = configuration.string("api_key") ?? ""
        from = configuration.string("from") ?? ""
        signatureSecret = configuration.secret("signature_secret") ?? Secret("")
        let period = configuration.duration("validity_period")
        validityPeriod = period.map { $0.wholeMilliseconds / 1000 }
        let base = BaseURL(configuration, default: "https://api.nexmo.com")
        baseURL = base.text
        let secret = configuration.secret("api_secret")
        var problems = VonageAccount.problems(
            key: apiKey, secret: secret, signatureSecret: signatureSecret, from: from)
        do throws(ConfigurationProblems) {
            credentials = try Self.credentials(secret, configuration)
        } catch {
            credentials = .account(secret: Secret(""))
            problems += error.problems
        }
        problems += VonageAccount.periodProblems(period) + base.problems
        guard problems.isEmpty else { throw ConfigurationProblems(problems) }
    }

    private static func credentials(_ secret: Secret?, _ configuration: ChannelConfiguration)
        throws(ConfigurationProblems) -> Credentials
    {
        let (id, pem) = (configuration.string("application_id"), configuration.secret("private_key"))
        if let secret, id == nil, pem == nil { return .account(secret: secret) }
        guard secret == nil, let id, let pem else {
            throw ConfigurationProblems([
                .init(
                    setting: "api_secret",
                    message: "or settings 'application_id' and 'private_key' must be given, and not both")
            ])
        }
        let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem.revealed)
        var problems: [ConfigurationProblems.Problem] = []
        if NotificationID(id) == nil {
            problems.append(.init(setting: "application_id", message: "must be a UUID, as Vonage's dashboard shows it"))
        }
        if key == nil {
            problems.append(
                .init(setting: "private_key", message: "must be an RSA key in PEM, '-----BEGIN PRIVATE KEY-----' first")
            )
        }
        guard let key, problems.isEmpty else { throw ConfigurationProblems(problems) }
        return .application(id: id, key: key)
    }
}
