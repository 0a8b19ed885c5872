import ChannelSDK

/// What channels.yaml says about a Twilio account with a WhatsApp sender.
struct TwilioSettings: Sendable {
    enum Sender: Sendable, Hashable {
        /// In E.164.
        case number(String)
        case service(String)
    }

    static let provider = ChannelDescriptor.Provider(
        "twilio", title: "Twilio for WhatsApp",
        settings: [
            Setting("account_sid", .string, required: true, help: "The account, AC and 32 hexadecimal digits."),
            Setting(
                "auth_token", .secret, required: true,
                help: "The account's auth token: for requests to Twilio and to verify its webhooks."),
            Setting(
                "from", .string,
                help: "The WhatsApp sender, a phone number such as +15551230000; or give messaging_service_sid."),
            Setting(
                "messaging_service_sid", .string,
                help: "The messaging service that chooses the sender, MG and 32 hexadecimal digits; or give from."),
            Setting(
                "base_url", .url, default: "https://api.twilio.com", help: "Where Twilio's API is; another for tests."),
        ] + FallbackSettings.settings(template: "a content template of Twilio's, HX and 32 hexadecimal digits"))

    let accountSID: String
    let authToken: Secret
    let sender: Sender
    /// Without a slash at the end.
    let baseURL: String
    let fallback: FallbackSettings?

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        let sid = configuration.string("account_sid") ?? ""
        let token = configuration.secret("auth_token") ?? Secret("")
        let (from, service) = (configuration.string("from"), configuration.string("messaging_service_sid"))
        let base = BaseURL(configuration, default: "https://api.twilio.com")
        fallback = FallbackSettings(configuration)
        let problems =
            Self.accountProblems(sid: sid, token: token) + Self.senderProblems(from: from, service: service)
            + base.problems + Self.templateProblems(fallback) + FallbackSettings.problems(configuration)
        guard problems.isEmpty else { throw ConfigurationProblems(problems) }
        accountSID = sid
        authToken = token
        sender = from.map(Sender.number) ?? .service(service ?? "")
        baseURL = base.text
    }

    private static func accountProblems(sid: String, token: Secret) -> [ConfigurationProblems.Problem] {
        var problems: [ConfigurationProblems.Problem] = []
        if !TwilioSID.isValid(sid, prefix: "AC") {
            problems.append(.init(setting: "account_sid", message: TwilioSID.rule(prefix: "AC")))
        }
        if token.isEmpty {
            problems.append(
                .init(
                    setting: "auth_token", message: "must not be empty: anybody could sign webhooks with an empty one"))
        }
        return problems
    }

    private static func senderProblems(from: String?, service: String?) -> [ConfigurationProblems.Problem] {
        var problems: [ConfigurationProblems.Problem] = []
        if (from == nil) == (service == nil) {
            problems.append(
                .init(setting: "from", message: "or setting 'messaging_service_sid' must be given, and not both"))
        }
        if let from, !PhoneNumber.isE164(from) {
            problems.append(
                .init(setting: "from", message: "must be a phone number such as '+15551230000', without 'whatsapp:'"))
        }
        if let service, !TwilioSID.isValid(service, prefix: "MG") {
            problems.append(.init(setting: "messaging_service_sid", message: TwilioSID.rule(prefix: "MG")))
        }
        return problems
    }

    private static func templateProblems(_ fallback: FallbackSettings?) -> [ConfigurationProblems.Problem] {
        guard let fallback, !TwilioSID.isValid(fallback.name, prefix: "HX") else { return [] }
        return [.init(setting: "fallback_template", message: TwilioSID.rule(prefix: "HX"))]
    }
}
