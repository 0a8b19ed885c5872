import ChannelSDK

/// What channels.yaml says about Amazon SES and the SNS topic of its events.
struct SESSettings: Sendable {
    static let provider = ChannelDescriptor.Provider(
        "ses", title: "Amazon SES",
        settings: [
            Setting("region", .string, required: true, help: "The AWS region, e.g. eu-west-1."),
            Setting("access_key_id", .string, required: true, help: "The access key of a user that may ses:SendEmail."),
            Setting("secret_access_key", .secret, required: true, help: "The secret beside access_key_id."),
            EmailSettings.from, EmailUnsubscribe.setting,
            Setting(
                "configuration_set", .string, required: true,
                help: "The configuration set that publishes events to the SNS topic."),
            Setting(
                "topic_arn", .string, required: true,
                help: "The SNS topic of the events: others are refused, a subscription to it is confirmed."),
            Setting(
                "base_url", .url,
                help: "Where the SES API is; another for tests. Without it: https://email.REGION.amazonaws.com."),
            Setting(
                "sns_base_url", .url,
                help:
                    "Who is believed to be SNS, for tests: whoever answers there can report on any mail. Without it: only https://sns.REGION.amazonaws.com."
            ),
            Setting(
                "sns_ca_file", .string,
                help: "PEM file of the certificate authorities to trust at sns_base_url instead of the system's."),
        ])

    let region: String
    let accessKeyID: String
    let secretAccessKey: Secret
    let from: Mailbox
    let configurationSet: String
    let topicARN: String
    let baseURL: String
    let sns: SNSEndpoint

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        var settings = EmailSettings(configuration)
        region = configuration.string("region") ?? ""
        if !Self.isWord(region, and: "-") { settings.add("region", "must be an AWS region such as eu-west-1") }
        accessKeyID = configuration.string("access_key_id") ?? ""
        if !Self.isWord(accessKeyID, and: "") { settings.add("access_key_id", "must be letters and digits: AKIA…") }
        secretAccessKey = settings.secret("secret_access_key", "SES would refuse every mail")
        let sender = settings.sender()
        configurationSet = configuration.string("configuration_set") ?? ""
        if !Self.isWord(configurationSet, and: "-_") {
            settings.add("configuration_set", "must be letters, digits, '-' and '_'")
        }
        topicARN = configuration.string("topic_arn") ?? ""
        if !topicARN.hasPrefix("arn:aws") || !topicARN.contains(":sns:") {
            settings.add("topic_arn", "must be the ARN of an SNS topic: arn:aws:sns:REGION:ACCOUNT:NAME")
        }
        baseURL = settings.baseURL(default: "https://email.\(region).amazonaws.com")
        sns = Self.sns(configuration, &settings)
        guard let sender, settings.problems.isEmpty else { throw settings.refusal }
        from = sender
    }

    private static func sns(_ configuration: ChannelConfiguration, _ settings: inout EmailSettings) -> SNSEndpoint {
        let file = settings.certificateFile("sns_ca_file")
        guard let base = configuration.string("sns_base_url") else {
            if file != nil { settings.add("sns_ca_file", "goes with sns_base_url: for Amazon it is the system's own") }
            return .amazon
        }
        if let endpoint = SNSEndpoint(baseURL: base, certificateAuthorityFile: file) { return endpoint }
        settings.add("sns_base_url", SNSEndpoint.rule)
        return .amazon
    }

    private static func isWord(_ text: String, and others: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (97...122).contains($0 | 0x20) || others.utf8.contains($0)
            }
    }
}
