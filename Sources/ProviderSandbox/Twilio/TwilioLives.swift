/// What happens to Twilio's messages.
struct TwilioLives: Sendable {
    private let settings: TwilioSettings
    /// Made once: nearly every SMS has one of these two.
    private let ordinary: MessageLife
    private let pooled: MessageLife

    init(_ settings: TwilioSettings) {
        self.settings = settings
        ordinary = MessageLife(initial: .queued, reports: settings.script)
        pooled = MessageLife(initial: .accepted, reports: settings.script)
    }

    func life(of message: TwilioRequest, to number: SpecialNumber?) -> MessageLife {
        let isPooled = message.messagingService != nil
        let initial: TwilioStatus = isPooled ? .accepted : .queued
        let script = message.isOnWhatsApp ? settings.whatsAppScript : settings.script
        if let number {
            return number.twilioLife(
                initial: initial, script: script, onWhatsApp: message.isOnWhatsApp, isTemplate: message.isTemplate)
        }
        if message.isOnWhatsApp { return MessageLife(initial: initial, reports: script) }
        return isPooled ? pooled : ordinary
    }
}
