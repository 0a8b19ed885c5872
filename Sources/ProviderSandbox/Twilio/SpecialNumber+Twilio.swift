/// What Twilio makes of numbers with a meaning.
extension SpecialNumber {
    /// - Parameter isTemplate: whether the message is made from an approved template.
    func twilioError(onWhatsApp: Bool, isTemplate: Bool) -> TwilioError? {
        switch self {
        case .notMobile: .notMobile(rawValue)
        case .optedOut: .unsubscribed
        case .windowClosed where onWhatsApp && !isTemplate: .windowClosed
        default: nil
        }
    }

    func twilioLife(
        initial: TwilioStatus, script: [TwilioStatus], onWhatsApp: Bool, isTemplate: Bool
    ) -> MessageLife {
        switch self {
        case .unreachable:
            MessageLife(initial: initial, reports: [.sent, .undelivered], errorCode: onWhatsApp ? 63024 : 30003)
        case .filtered: MessageLife(initial: initial, reports: [.failed], errorCode: onWhatsApp ? 63013 : 30007)
        case .windowClosedLater where onWhatsApp && !isTemplate:
            MessageLife(initial: initial, reports: [.failed], errorCode: 63016)
        default: MessageLife(initial: initial, reports: arrange(script) ?? script)
        }
    }
}
