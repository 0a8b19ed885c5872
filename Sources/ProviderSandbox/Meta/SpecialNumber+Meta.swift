/// What Meta makes of numbers with a meaning.
extension SpecialNumber {
    func metaError(isTemplate: Bool) -> MetaError? {
        switch self {
        case .notMobile: .known(131026, details: "Message Undeliverable.")
        case .optedOut: .known(131050, details: "The recipient stopped marketing messages from this business.")
        case .windowClosed where !isTemplate:
            .known(131047, details: "More than 24 hours have passed since the recipient last replied.")
        default: nil
        }
    }

    func metaLife(script: [MetaStatus], isTemplate: Bool) -> MessageLife {
        switch self {
        case .unreachable: MessageLife(initial: .accepted, reports: [MetaStatus.sent, .failed], errorCode: 131026)
        case .filtered: MessageLife(initial: .accepted, reports: [MetaStatus.failed], errorCode: 131049)
        case .windowClosedLater where !isTemplate:
            MessageLife(initial: .accepted, reports: [MetaStatus.failed], errorCode: 131047)
        default: MessageLife(initial: .accepted, reports: arrange(script) ?? script)
        }
    }
}
