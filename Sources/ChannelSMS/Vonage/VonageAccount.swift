import ChannelSDK

/// What the settings of both of Vonage's APIs have in common.
enum VonageAccount {
    /// - Parameter secret: nil where requests carry another proof.
    static func problems(key: String, secret: Secret?, signatureSecret: Secret, from: String)
        -> [ConfigurationProblems.Problem]
    {
        var problems: [ConfigurationProblems.Problem] = []
        if !isKey(key) {
            problems.append(
                .init(setting: "api_key", message: "must be letters and digits, as Vonage's dashboard shows it"))
        }
        if secret?.isEmpty == true { problems.append(.init(setting: "api_secret", message: "must not be empty")) }
        if !PhoneNumber.isSender(from) { problems.append(.init(setting: "from", message: PhoneNumber.senderRule)) }
        if signatureSecret.isEmpty {
            problems.append(
                .init(
                    setting: "signature_secret",
                    message: "must not be empty: anybody could sign webhooks with an empty one"))
        }
        return problems
    }

    static func periodProblems(_ period: Duration?) -> [ConfigurationProblems.Problem] {
        guard let period, !(.seconds(20) ... .seconds(7 * 86_400)).contains(period) else { return [] }
        return [.init(setting: "validity_period", message: "must be from 20s to 7d")]
    }

    private static func isKey(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0 | 0x20) }
    }

    /// The webhook's address without the query. Vonage signs what it sends, not where it sends it, so the delivery's id
    /// goes as the client reference, which comes back among what is signed.
    static func callback(_ webhookURL: String) -> String { String(webhookURL.prefix { $0 != "?" }) }
}
