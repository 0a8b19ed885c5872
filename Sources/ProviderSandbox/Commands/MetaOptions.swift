import ArgumentParser

struct MetaOptions: ParsableArguments {
    private static let standard = MetaSettings()

    @Option(help: "The id of the phone number that messages are sent from.")
    var metaPhoneNumberID = Self.standard.phoneNumberID

    @Option(help: "The access token that requests carry.")
    var metaAccessToken = Self.standard.accessToken

    @Option(help: "The app's secret, which webhooks are signed with.")
    var metaAppSecret = Self.standard.appSecret

    @Option(help: "The token that a webhook's address is verified with.")
    var metaVerifyToken = Self.standard.verifyToken

    @Option(help: "Where statuses and inbound messages go, http://…", transform: CallbackURL.init(option:))
    var metaWebhook: CallbackURL?

    @Option(help: "The statuses that are reported about an ordinary message, in order.")
    var metaScript = ScriptOption(statuses: Self.standard.script)

    var settings: MetaSettings {
        MetaSettings(
            phoneNumberID: metaPhoneNumberID, accessToken: metaAccessToken, appSecret: metaAppSecret,
            verifyToken: metaVerifyToken, webhook: metaWebhook, script: metaScript.statuses)
    }
}
