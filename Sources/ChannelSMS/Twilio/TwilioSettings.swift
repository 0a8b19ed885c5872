import ChannelSDK

/// What channels.yaml says about a Twilio account.
struct TwilioSettings: Sendable {
    enum Sender: Sendable, Hashable {
        case number(String)
        case service(String)
    }

    static let provider = ChannelDescriptor.Provider(
        "twilio", title: "Twilio Programmable Messaging",
        settings: [
            Setting("account_sid", .string, required: true, help: "The account, AC and 32 hexadecimal digits."),
            Setting(
                "auth_token", .secret, required: true,
                help: "The account's auth token: for requests to Twilio and to verify its webhooks."),
            Setting(
                "from", .string,
                help: "The sender: a phone number, a short code or a name; or give messaging_service_sid."),
            Setting(
                "messaging_service_sid", .string,
                help: "The messaging service that chooses the sender, MG and 32 hexadecimal digits; or give from."),
            Setting(
                "base_url", .url, default: "https://api.twilio.com", help: "Where Twilio's API is; another for tests."),
            Setting(
                "validity_period", .duration,
                help: "How long Twilio may keep a message in its queue, 1s to 10h; after that it fails there."),
        ])

    let accountSID: String
    let authToken: Secret
    let sender: Sender
    /// Without a slash at the end.
    let baseURL: String
    /// Whole seconds.
    let validityPeriod: Int?

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        let sid = configuration.string("account_sid") ?? ""
        let token = configuration.secret("auth_token") ?? Secret("")
        let (from, service) = (configuration.string("from"), configuration.string("messaging_service_sid"))
        let period = configuration.duration("validity_period")
        let base = configuration.string("base_url") ?? "https://api.twilio.com"
        let problems =
            Self.accountProblems(sid: sid, token: token) + Self.senderProblems(from: from, service: service)
            + Self.requestProblems(base: base, period: period)
        guard problems.isEmpty else { throw ConfigurationProblems(problems) }
        accountSID = sid
        authToken = token
        sender = from.map(Sender.number) ?? .service(service ?? "")
        baseURL = base.hasSuffix("/") ? String(base.dropLast()) : base
        validityPeriod = period.map { Int($0.wholeMilliseconds / 1000) }
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
        if let from, !PhoneNumber.isSender(from) {
            problems.append(
                .init(
                    setting: "from",
                    message: "must be a phone number such as '+15551230001', a short code of 3 to 8 digits, or a name "
                        + "of up to 11 letters and digits"))
        }
        if let service, !TwilioSID.isValid(service, prefix: "MG") {
            problems.append(.init(setting: "messaging_service_sid", message: TwilioSID.rule(prefix: "MG")))
        }
        return problems
    }

    private static func requestProblems(base: String, period: Duration?) -> [ConfigurationProblems.Problem] {
        var problems: [ConfigurationProblems.Problem] = []
        if base.contains("?") || base.contains("#") {
            problems.append(.init(setting: "base_url", message: "must have no query and no fragment"))
        }
        if let period, !(.seconds(1) ... .seconds(36_000)).contains(period) {
            problems.append(.init(setting: "validity_period", message: "must be from 1s to 10h"))
        }
        return problems
    }
}
