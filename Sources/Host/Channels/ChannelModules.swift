import ChannelEmail
import ChannelSDK
import ChannelSMS
import ChannelWhatsApp

/// The modules that are compiled in. A new one is one line here.
enum ChannelModules {
    static let all: [any Channel.Type] = [
        EmailChannel.self, SMSChannel.self, WhatsAppChannel.self,
    ]

    static func module(named name: String) -> (any Channel.Type)? { all.first { $0.descriptor.name == name } }
}
