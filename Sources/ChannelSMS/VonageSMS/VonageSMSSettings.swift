import ChannelSDK

/// What channels.yaml says about a Vonage account that sends by the SMS API.
struct VonageSMSSettings: Sendable {
    static let provider = ChannelDescriptor.Provider(
        "vonage", title: "Vonage SMS API",
        settings: [
            Setting("api_key", .string, required: true, help: "The account's API key."),
            Setting("api_secret", .secret, required: true, help: "The account's API secret, for requests to Vonage."),
            Setting("from", .string, required: true, help: "The sender: a phone number, a short code or a name."),
            Setting(
                "signature_secret", .secret, required: true,
                help: "The account's signature secret, to verify its webhooks: have Vonage sign them."),
            Setting(
                "signature_method", .choice(VonageSignature.Method.allCases.map(\.rawValue)), default: "hmac-sha256",
                help: "How Vonage signs, as the account's API settings say."),
            Setting(
                "validity_period", .duration,
                help: "How long carriers may try to deliver a message, 20s to 7d; after that it is undelivered."),
            Setting(
                "base_url", .url, default: "https://rest.nexmo.com",
                help: "Where Vonage's SMS API is; another for tests."),
        ])

    let apiKey: String
    let apiSecret: Secret
    let from: String
    let signatureSecret: Secret
    let signatureMethod: VonageSignature.Method
    /// In milliseconds, as the API counts.
    let validityPeriod: Int64?
    /// Without a slash at the end.
    let baseURL: String

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        apiKey = configuration.string("api_key") ?? ""
        apiSecret = configuration.secret("api_secret") ?? Secret("")
        from = configuration.string("from") ?? ""
        signatureSecret = configuration.secret("signature_secret") ?? Secret("")
        signatureMethod =
            configuration.string("signature_method").flatMap(VonageSignature.Method.init(rawValue:)) ?? .hmacSHA256
        let period = configuration.duration("validity_period")
        validityPeriod = period?.wholeMilliseconds
        let base = BaseURL(configuration, default: "https://rest.nexmo.com")
        baseURL = base.text
        let problems =
            VonageAccount.problems(key: apiKey, secret: apiSecret, signatureSecret: signatureSecret, from: from)
            + VonageAccount.periodProblems(period) + base.problems
        guard problems.isEmpty else { throw ConfigurationProblems(problems) }
    }
}
