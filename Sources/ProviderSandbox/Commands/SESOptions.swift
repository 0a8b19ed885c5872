import ArgumentParser

struct SESOptions: ParsableArguments {
    private static let standard = SESSettings()

    @Option(name: .customLong("ses-region"), help: "The region that requests are signed for.")
    var region = Self.standard.region

    @Option(name: .customLong("ses-access-key-id"), help: "The access key that requests are signed with.")
    var accessKeyID = Self.standard.accessKeyID

    @Option(name: .customLong("ses-secret-access-key"), help: "The secret beside it.")
    var secretAccessKey = Self.standard.secretAccessKey

    @Option(name: .customLong("ses-configuration-set"), help: "The configuration set that publishes events.")
    var configurationSet = Self.standard.configurationSet

    @Option(name: .customLong("ses-topic-arn"), help: "The SNS topic that events go through.")
    var topicARN = Self.standard.topicARN

    @Option(
        name: .customLong("ses-webhook"), help: "The topic's subscriber, http://…",
        transform: CallbackURL.init(option:))
    var webhook: CallbackURL?

    @Option(name: .customLong("sns-signature-version"), help: "1 (RSA with SHA-1) or 2 (with SHA-256).")
    var signatureVersion = Self.standard.signatureVersion

    @Option(
        name: .customLong("sns-base-url"),
        help: "What the addresses in SNS's messages begin with (default: https://sns.REGION.amazonaws.com).")
    var snsBase: String?

    @Option(name: .customLong("ses-script"), help: "The events of an ordinary mail, in order.")
    var script = ScriptOption(statuses: Self.standard.script)

    func validate() throws {
        guard signatureVersion == 1 || signatureVersion == 2 else {
            throw ValidationError("--sns-signature-version is 1 or 2, not \(signatureVersion)")
        }
    }

    var settings: SESSettings {
        SESSettings(
            region: region, accessKeyID: accessKeyID, secretAccessKey: secretAccessKey,
            configurationSet: configurationSet, topicARN: topicARN, webhook: webhook,
            signatureVersion: signatureVersion, snsBase: snsBase, script: script.statuses)
    }
}
