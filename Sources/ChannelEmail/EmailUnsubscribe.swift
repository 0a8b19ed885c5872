import ChannelSDK

/// Where a mail says that its recipient can unsubscribe, unless it brings an address of its own: at this host, or
/// nowhere.
struct EmailUnsubscribe: Sendable {
    /// Mails that don't say otherwise have the host's address.
    let isUsual: Bool
    /// Nil: the host has no such addresses.
    private let links: UnsubscribeLinks?

    /// No mail has one.
    static let never = EmailUnsubscribe()

    static let setting = Setting(
        "unsubscribe", .choice(["none", "host"]), default: "none",
        help: "host: mails without an unsubscribe address of their own get one of this host's, for one click.")

    private init() { (isUsual, links) = (false, nil) }

    init(_ configuration: ChannelConfiguration, _ host: ChannelHost) throws(ConfigurationProblems) {
        isUsual = configuration.string(Self.setting.name) == "host"
        links = host.unsubscribeLinks
        guard isUsual else { return }
        if links == nil {
            throw ConfigurationProblems([
                .init(
                    setting: Self.setting.name,
                    message: "needs unsubscribe.secret, beside channels: the host signs its addresses with it")
            ])
        }
        if configuration.string("unsubscribe_url") != nil {
            throw ConfigurationProblems([
                .init(setting: Self.setting.name, message: "must not be host beside unsubscribe_url: choose one")
            ])
        }
    }

    /// Of the mail to `recipient` with these options; nil: none.
    func url(for recipient: EmailAddress, _ options: [String: String]) -> String? {
        if let own = options["unsubscribe_url"] { return own }
        let isWanted = options["unsubscribe"].map { $0 == "host" } ?? isUsual
        return isWanted ? links?.url(for: recipient.description) : nil
    }

    /// What is wrong with the option `unsubscribe`.
    func problems(_ option: String) -> [FieldProblem] {
        switch option {
        case "none": []
        case "host" where links != nil: []
        case "host":
            [
                .init(
                    field: "options.unsubscribe",
                    message: "can't be host: this host has no unsubscribe.secret in channels.yaml")
            ]
        default: [.init(field: "options.unsubscribe", message: "must be host or none")]
        }
    }
}
