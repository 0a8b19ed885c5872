/// A provider's word that a recipient wants to hear no more from us, or does again: a complaint about spam, a click on an
/// unsubscribe link. Of all words about one recipient the last one holds, by ``occurredAt``.
///
/// Not for what the provider finds out by itself, such as a mail that comes back: an address that can't be reached today
/// says nothing about what its owner wants, and nobody would take the word back.
public struct OptOutReport: Sendable, Hashable {
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// They call what they got spam.
        case complaint
        /// They asked the provider, or a mail's unsubscribe address, to be left alone, or took that back.
        case unsubscribe
    }

    /// As the provider writes them: an address, a number.
    public var recipient: String
    /// False: they take back their opting out.
    public var isOptedOut: Bool
    public var reason: Reason
    /// The provider's own time; nil when it gives none: the word was said when it came.
    public var occurredAt: Timestamp?

    public init(recipient: String, isOptedOut: Bool = true, reason: Reason, occurredAt: Timestamp? = nil) {
        self.recipient = recipient
        self.isOptedOut = isOptedOut
        self.reason = reason
        self.occurredAt = occurredAt
    }
}
