import ArgumentParser
import Crypto
import FoundationEssentials

struct SendGridOptions: ParsableArguments {
    private static let standard = SendGridSettings()

    @Option(name: .customLong("sendgrid-api-key"), help: "The API key that requests carry.")
    var apiKey = Self.standard.apiKey

    @Option(
        name: .customLong("sendgrid-webhook"), help: "Where events go, http://…",
        transform: CallbackURL.init(option:))
    var webhook: CallbackURL?

    @Option(
        name: .customLong("sendgrid-signing-key"),
        help: """
            The private P-256 key that events are signed with: base64 of its 32 bytes. GET / shows the public one; that of \
            the sandbox's own is \(Self.standard.publicKey)
            """,
        transform: Self.key)
    var signingKey: P256.Signing.PrivateKey?

    @Option(name: .customLong("sendgrid-script"), help: "The events of an ordinary mail, in order.")
    var script = ScriptOption(statuses: Self.standard.script)

    var settings: SendGridSettings {
        SendGridSettings(
            apiKey: apiKey, webhook: webhook, signingKey: signingKey ?? Self.standard.signingKey,
            script: script.statuses)
    }

    private static func key(_ text: String) throws -> P256.Signing.PrivateKey {
        guard let bytes = Data(base64Encoded: text), let key = try? P256.Signing.PrivateKey(rawRepresentation: bytes)
        else { throw ValidationError("--sendgrid-signing-key: base64 of the 32 bytes of a P-256 key is expected") }
        return key
    }
}
