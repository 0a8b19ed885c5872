import ArgumentParser

struct VonageOptions: ParsableArguments {
    private static let standard = VonageSettings()

    @Option(name: .customLong("vonage-api-key"), help: "The account's key.")
    var apiKey = Self.standard.apiKey

    @Option(name: .customLong("vonage-api-secret"), help: "The account's secret.")
    var apiSecret = Self.standard.apiSecret

    @Option(
        name: .customLong("vonage-signature-secret"),
        help: "What receipts and webhooks are signed with; an empty one for none.")
    var signatureSecret = Self.standard.signatureSecret ?? ""

    @Option(name: .customLong("vonage-signature-method"), help: "How receipts of the SMS API are signed.")
    var signatureMethod = Self.standard.signatureMethod

    @Option(
        name: .customLong("vonage-webhook"),
        help: "Where receipts, statuses and inbound messages go without an address of their own, http://…",
        transform: CallbackURL.init(option:))
    var webhook: CallbackURL?

    @Option(name: .customLong("vonage-receipts"), help: "How receipts of the SMS API are sent.")
    var receiptMethod = Self.standard.receiptMethod

    @Option(name: .customLong("vonage-script"), help: "The receipts of an ordinary message to the SMS API, in order.")
    var script = ScriptOption(statuses: Self.standard.script)

    @Option(
        name: .customLong("vonage-messages-script"),
        help: "The statuses of an ordinary message to the Messages API, in order.")
    var messagesScript = ScriptOption(statuses: Self.standard.messagesScript)

    var settings: VonageSettings {
        VonageSettings(
            apiKey: apiKey, apiSecret: apiSecret, signatureSecret: signatureSecret.isEmpty ? nil : signatureSecret,
            signatureMethod: signatureMethod, webhook: webhook, receiptMethod: receiptMethod,
            script: script.statuses, messagesScript: messagesScript.statuses)
    }
}
