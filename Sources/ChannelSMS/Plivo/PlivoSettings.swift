import ChannelSDK

/// What channels.yaml says about a Plivo account.
struct PlivoSettings: Sendable {
    enum Sender: Sendable, Hashable {
        case number(String)
        case powerpack(String)
    }

    static let provider = ChannelDescriptor.Provider(
        "plivo", title: "Plivo Messaging",
        settings: [
            Setting("auth_id", .string, required: true, help: "The account, MA or SA and 18 letters and digits."),
            Setting(
                "auth_token", .secret, required: true,
                help: "The account's auth token: for requests to Plivo and to verify its webhooks."),
            Setting("from", .string, help: "The sender: a phone number, a short code or a name; or give powerpack."),
            Setting("powerpack", .string, help: "The UUID of the powerpack that chooses the sender; or give from."),
            Setting(
                "segment_reports", .boolean, default: "true",
                help: "Plivo calls back for each segment (PartInfo '1 of 2'), and a message is as far as the last of "
                    + "them; false for an account where one callback speaks for the whole."),
            Setting(
                "base_url", .url, default: "https://api.plivo.com", help: "Where Plivo's API is; another for tests."),
        ])

    let authID: String
    let authToken: Secret
    let sender: Sender
    let reportsSegments: Bool
    /// Without a slash at the end.
    let baseURL: String

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        let id = configuration.string("auth_id") ?? ""
        let token = configuration.secret("auth_token") ?? Secret("")
        let (from, powerpack) = (configuration.string("from"), configuration.string("powerpack"))
        let base = BaseURL(configuration, default: "https://api.plivo.com")
        let problems =
            Self.accountProblems(id: id, token: token) + Self.senderProblems(from: from, powerpack: powerpack)
            + base.problems
        guard problems.isEmpty else { throw ConfigurationProblems(problems) }
        authID = id
        authToken = token
        sender = from.map(Sender.number) ?? .powerpack(powerpack ?? "")
        reportsSegments = configuration.boolean("segment_reports") ?? true
        baseURL = base.text
    }

    private static func accountProblems(id: String, token: Secret) -> [ConfigurationProblems.Problem] {
        var problems: [ConfigurationProblems.Problem] = []
        if !isAuthID(id) {
            problems.append(
                .init(
                    setting: "auth_id",
                    message: "must be 'MA' or 'SA' and 18 capital letters and digits, as Plivo's console shows it"))
        }
        if token.isEmpty {
            problems.append(
                .init(
                    setting: "auth_token", message: "must not be empty: anybody could sign webhooks with an empty one"))
        }
        return problems
    }

    private static func isAuthID(_ text: String) -> Bool {
        text.utf8.count == 20 && (text.hasPrefix("MA") || text.hasPrefix("SA"))
            && text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
    }

    private static func senderProblems(from: String?, powerpack: String?) -> [ConfigurationProblems.Problem] {
        var problems: [ConfigurationProblems.Problem] = []
        if (from == nil) == (powerpack == nil) {
            problems.append(.init(setting: "from", message: "or setting 'powerpack' must be given, and not both"))
        }
        if let from, !PhoneNumber.isSender(from) {
            problems.append(
                .init(
                    setting: "from",
                    message: "must be a phone number such as '+15551230001', a short code of 3 to 8 digits, or a name "
                        + "of up to 11 letters and digits"))
        }
        if let powerpack, NotificationID(powerpack) == nil {
            problems.append(.init(setting: "powerpack", message: "must be a UUID, as Plivo's console shows it"))
        }
        return problems
    }
}
