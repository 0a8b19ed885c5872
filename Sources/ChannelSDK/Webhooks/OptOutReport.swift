/// A provider's word that a recipient wants to hear no more from us, or does again: a complaint about spam, a click on an
/// unsubscribe link. Of all words about one recipient the last one holds, by ``occurredAt``.
///
/// Not for what the provider finds out by itself, such as a mail that comes back: an address that can't be reached today
/// says nothing about what its owner wants, and nobody would take the word back.
public struct OptOutReport: Sendable, Hashable {
    /// How they said it.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// They call what they got spam.
        case complaint
        /// They asked the provider, or a mail's unsubscribe address, to be left alone, or took that back.
        case unsubscribe
    }

    /// Whom it is about.
    public enum Subject: Sendable, Hashable {
        /// An address or a number, as the provider writes it.
        case recipient(String)
        /// Whoever this delivery went to, where the word comes by a way on which anybody could name anybody, or names are
        /// blotted out: the host knows to whom it sent.
        case recipientOf(DeliveryID)
    }

    /// Whom it is about.
    public var subject: Subject
    /// False: they take back their opting out.
    public var isOptedOut: Bool
    /// How they said it.
    public var reason: Reason
    /// The provider's own time; nil when it gives none: the word was said when it came.
    public var occurredAt: Timestamp?

    public init(_ subject: Subject, isOptedOut: Bool = true, reason: Reason, occurredAt: Timestamp? = nil) {
        self.subject = subject
        self.isOptedOut = isOptedOut
        self.reason = reason
        self.occurredAt = occurredAt
    }
}
