/// How often the mail server refuses a mail for good with a 5xx, and where in its transaction. Which mails it refuses is
/// told by the seed and the mail's sender, so that a mail that comes again is refused again; where each mail has an address
/// to bounce to of its own (VERP), that is each on its own.
struct SMTPRefusals: Sendable, Hashable {
    enum Stage: Sendable, Hashable, CaseIterable {
        /// At MAIL FROM.
        case sender
        /// At DATA, before the mail.
        case data
        /// After the mail.
        case content

        var reply: String {
            switch self {
            case .sender: "550 5.7.1 The sender is refused"
            case .data: "554 5.7.1 No mail is taken from you"
            case .content: "554 5.7.1 The mail looks like spam"
            }
        }
    }

    var seed: UInt64 = 0
    /// From 0 to 1, of all mails.
    var sender = 0.0
    var data = 0.0
    var content = 0.0

    /// Where the mail is refused; nil: nowhere.
    func stage(from sender: String) -> Stage? {
        guard self.sender + data + content > 0 else { return nil }
        var random = SeededRandom(seed: seed, key: sender, purpose: .refusal, number: 0)
        let draw = random.unit()
        if draw < self.sender { return .sender }
        if draw < self.sender + data { return .data }
        return draw < self.sender + data + content ? .content : nil
    }
}
