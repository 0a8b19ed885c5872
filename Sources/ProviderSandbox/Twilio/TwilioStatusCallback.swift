import NIOCore

/// Writes the status callbacks of one message.
final class TwilioStatusCallback: CallbackSource {
    /// The number that a messaging service sends from.
    private static let pooledNumber = "+15017122661"
    private static let channelInstall = "XE0000000000000000000000000000005a"

    let url: CallbackURL
    private let message: TwilioMessage
    private let account: TwilioAccount

    init(about message: TwilioMessage, to url: CallbackURL, account: TwilioAccount) {
        self.message = message
        self.url = url
        self.account = account
    }

    func writeRequest(step: Int, into buffer: inout ByteBuffer) {
        let step = message.life.steps[step]
        let isOnWhatsApp = message.request.isOnWhatsApp
        var form = TwilioForm(to: url)
        form.add("AccountSid", account.sid)
        form.add("ApiVersion", TwilioAPI.version)
        if isOnWhatsApp {
            form.add("ChannelInstallSid", Self.channelInstall)
            form.add("ChannelPrefix", "whatsapp")
            if step.errorCode == 63016 { form.add("ChannelStatusMessage", "Outside the allowed window") }
        }
        if let code = step.errorCode { form.add("ErrorCode", String(code)) }
        if isOnWhatsApp, step.status == "read" { form.add("EventType", "READ") }
        form.add("From", message.request.from ?? (isOnWhatsApp ? "whatsapp:" : "") + Self.pooledNumber)
        form.add("MessageSid", message.sid)
        form.add("MessageStatus", step.status)
        if let service = message.request.messagingService { form.add("MessagingServiceSid", service) }
        if step.isFinal, !isOnWhatsApp {
            form.add("RawDlrDoneDate", CivilTime(milliseconds: CivilTime.now()).receiptDate)
        }
        form.add("SmsSid", message.sid)
        form.add("SmsStatus", step.status)
        form.add("To", message.request.to)
        form.write(signedBy: account.signer, into: &buffer)
    }
}
