import ChannelEmail
import ChannelSDK
import ChannelSMS
import ChannelWhatsApp
import ConfigurationFile

enum ConfigurationInput {
    static let loader = ConfigurationLoader(
        modules: [
            ChannelModule(EmailChannel.self), ChannelModule(SMSChannel.self), ChannelModule(WhatsAppChannel.self),
        ],
        environment: [:])

    static func run(_ bytes: [UInt8]) {
        let loaded = loader.load(bytes: bytes, file: "fuzz.yaml")
        // What is said of it is made of it, too.
        for diagnostic in loaded.diagnostics { precondition(!"\(diagnostic)".isEmpty) }
    }
}
