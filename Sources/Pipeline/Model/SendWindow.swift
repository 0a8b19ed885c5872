public import ChannelSDK

/// When a notification may be sent, as its request had it.
public struct SendWindow: Sendable, Hashable {
    /// Not earlier than this; nil: at once.
    public var notBefore: Timestamp?
    /// Not at this moment, nor later; nil: at any time.
    public var expiresAt: Timestamp?

    public init(notBefore: Timestamp? = nil, expiresAt: Timestamp? = nil) {
        (self.notBefore, self.expiresAt) = (notBefore, expiresAt)
    }

    /// Whether it is left open on both sides.
    public var isOpen: Bool { notBefore == nil && expiresAt == nil }
}
