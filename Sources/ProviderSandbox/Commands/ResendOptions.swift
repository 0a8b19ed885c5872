import ArgumentParser

struct ResendOptions: ParsableArguments {
    private static let standard = ResendSettings()

    @Option(name: .customLong("resend-api-key"), help: "The API key that requests carry.")
    var apiKey = Self.standard.apiKey

    @Option(
        name: .customLong("resend-webhook"), help: "Where events go, http://…", transform: CallbackURL.init(option:))
    var webhook: CallbackURL?

    @Option(
        name: .customLong("resend-webhook-secret"),
        help: "The secret that events are signed with, whsec_ and base64 (default: \(ResendSettings.sandboxSecret)).",
        transform: Self.signer)
    var signer: SvixSigner?

    @Option(name: .customLong("resend-script"), help: "The events of an ordinary mail, in order.")
    var script = ScriptOption(statuses: Self.standard.script)

    var settings: ResendSettings {
        ResendSettings(
            apiKey: apiKey, webhook: webhook, signer: signer ?? Self.standard.signer, script: script.statuses)
    }

    private static func signer(_ text: String) throws -> SvixSigner {
        guard let signer = SvixSigner(secret: text) else {
            throw ValidationError("--resend-webhook-secret: whsec_ and base64 are expected")
        }
        return signer
    }
}
