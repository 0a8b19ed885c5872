import ChannelSDK

/// What channels.yaml says about a Kannel gateway.
struct KannelSettings: Sendable {
    static let provider = ChannelDescriptor.Provider(
        "kannel", title: "Kannel",
        settings: [
            Setting(
                "base_url", .url, default: "http://127.0.0.1:13013",
                help: "Where Kannel's smsbox takes messages (sendsms-port), without /cgi-bin."),
            Setting("username", .string, required: true, help: "As in the group sendsms-user."),
            Setting("password", .secret, required: true, help: "As in the group sendsms-user."),
            Setting("from", .string, required: true, help: "The sender: a phone number, a short code or a name."),
            Setting(
                "webhook_secret", .secret,
                help: "Your own choice of 16 or more letters, digits and -._~; every address that Kannel is given "
                    + "carries it, because Kannel signs nothing."),
            Setting(
                "allowed_addresses", .list,
                help:
                    "Where Kannel's reports may come from, such as 10.0.0.5 or 10.0.0.0/24. With webhook_secret, both "
                    + "must hold; with neither, anybody may report."),
            Setting("smsc", .string, help: "The smsc-id that messages go by; else Kannel chooses."),
            Setting(
                "max_messages", .integer(1...255), default: "10",
                help: "As in the group sendsms-user: Kannel cuts off a text that needs more segments, so it is refused."
            ),
            Setting(
                "validity_period", .duration,
                help: "How long carriers may try to deliver a message, 1m to 7d; after that it is undelivered."),
        ])

    /// Without a slash at the end.
    let baseURL: String
    let username: String
    let password: Secret
    let from: String
    let webhookSecret: Secret?
    /// Nil: any.
    let allowedAddresses: [IPNetwork]?
    let smsc: String?
    let maxMessages: Int
    /// In minutes, as Kannel counts.
    let validityPeriod: Int64?

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        let base = BaseURL(configuration, default: "http://127.0.0.1:13013")
        baseURL = base.text
        username = configuration.string("username") ?? ""
        password = configuration.secret("password") ?? Secret("")
        from = configuration.string("from") ?? ""
        webhookSecret = configuration.secret("webhook_secret")
        let addresses = configuration.list("allowed_addresses")
        allowedAddresses = addresses?.compactMap { IPNetwork($0) }
        smsc = configuration.string("smsc")
        maxMessages = configuration.integer("max_messages") ?? 10
        let period = configuration.duration("validity_period")
        validityPeriod = period.map { $0.wholeMilliseconds / 60_000 }
        let problems =
            Self.accountProblems(username, password, webhookSecret) + Self.messageProblems(from: from, period: period)
            + Self.addressProblems(addresses) + base.problems
        guard problems.isEmpty else { throw ConfigurationProblems(problems) }
    }

    private static func accountProblems(_ username: String, _ password: Secret, _ webhookSecret: Secret?)
        -> [ConfigurationProblems.Problem]
    {
        var problems: [ConfigurationProblems.Problem] = []
        if username.isEmpty { problems.append(.init(setting: "username", message: "must not be empty")) }
        if password.isEmpty { problems.append(.init(setting: "password", message: "must not be empty")) }
        // Kannel reads a `%` in an address as its own, so nothing in it may need escaping.
        if let secret = webhookSecret?.revealed,
            secret.utf8.count < 16 || FormEncoding.percentEncode(secret) != secret
        {
            problems.append(
                .init(setting: "webhook_secret", message: "must be 16 or more letters, digits and the signs -._~"))
        }
        return problems
    }

    private static func addressProblems(_ addresses: [String]?) -> [ConfigurationProblems.Problem] {
        guard let addresses else { return [] }
        if addresses.isEmpty {
            return [
                .init(setting: "allowed_addresses", message: "must not be empty: remove it, or name Kannel's address")
            ]
        }
        return addresses.filter { IPNetwork($0) == nil }.map { text in
            let hint = IPNetwork.meant(by: text).map { "; did you mean \($0)?" } ?? ""
            return .init(
                setting: "allowed_addresses",
                message: "must be addresses such as 10.0.0.5 or 10.0.0.0/24, which '\(text.prefix(60))' is not\(hint)")
        }
    }

    private static func messageProblems(from: String, period: Duration?) -> [ConfigurationProblems.Problem] {
        var problems: [ConfigurationProblems.Problem] = []
        if !PhoneNumber.isSender(from) { problems.append(.init(setting: "from", message: PhoneNumber.senderRule)) }
        if let period, !(.seconds(60) ... .seconds(7 * 86_400)).contains(period) {
            problems.append(.init(setting: "validity_period", message: "must be from 1m to 7d"))
        }
        return problems
    }
}
