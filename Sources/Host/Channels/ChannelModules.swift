import ChannelCallback
import ChannelEmail
import ChannelSDK
import ChannelSMS
import ChannelWhatsApp

/// The modules that are compiled in. A new one is one line here.
enum ChannelModules {
    static let builtIn = [
        ChannelModule(CallbackModule.self), ChannelModule(EmailChannel.self),
        ChannelModule(SMSChannel.self), ChannelModule(WhatsAppChannel.self),
    ]
}
