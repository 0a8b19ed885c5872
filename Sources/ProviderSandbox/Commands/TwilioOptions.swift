import ArgumentParser

struct TwilioOptions: ParsableArguments {
    @Option(help: "The account's SID [TWILIO_ACCOUNT_SID, else \(TwilioSettings.sandboxAccount)].")
    var twilioAccount: String?

    @Option(help: "The account's token [TWILIO_AUTH_TOKEN, else \(TwilioSettings.sandboxToken)].")
    var twilioToken: String?

    @Option(help: "The statuses that are reported about an ordinary message, in order.")
    var script = ScriptOption(statuses: TwilioSettings().script)

    @Option(help: "As --script, of messages to WhatsApp.")
    var whatsappScript = ScriptOption(statuses: TwilioSettings().whatsAppScript)

    func settings(environment: [String: String]) -> TwilioSettings {
        func choose(_ option: String?, _ variable: String, _ standard: String) -> String {
            [option, environment[variable]].compactMap(\.self).first { !$0.isEmpty } ?? standard
        }
        return TwilioSettings(
            account: choose(twilioAccount, "TWILIO_ACCOUNT_SID", TwilioSettings.sandboxAccount),
            token: choose(twilioToken, "TWILIO_AUTH_TOKEN", TwilioSettings.sandboxToken),
            script: script.statuses, whatsAppScript: whatsappScript.statuses)
    }
}
