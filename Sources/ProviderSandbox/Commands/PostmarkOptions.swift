import ArgumentParser

struct PostmarkOptions: ParsableArguments {
    private static let standard = PostmarkSettings()

    @Option(name: .customLong("postmark-server-token"), help: "The server token that requests carry.")
    var serverToken = Self.standard.serverToken

    @Option(
        name: .customLong("postmark-webhook"), help: "Where events go, http://…",
        transform: CallbackURL.init(option:))
    var webhook: CallbackURL?

    @Option(name: .customLong("postmark-webhook-user"), help: "The user that events are sent with.")
    var webhookUser = Self.standard.webhookUser

    @Option(name: .customLong("postmark-webhook-password"), help: "The password that events are sent with.")
    var webhookPassword = Self.standard.webhookPassword

    @Option(name: .customLong("postmark-script"), help: "The events of an ordinary mail, in order.")
    var script = ScriptOption(statuses: Self.standard.script)

    var settings: PostmarkSettings {
        PostmarkSettings(
            serverToken: serverToken, webhook: webhook, webhookUser: webhookUser, webhookPassword: webhookPassword,
            script: script.statuses)
    }
}
