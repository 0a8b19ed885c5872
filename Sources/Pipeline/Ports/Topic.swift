/// A stream of the log.
public struct Topic: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// Accepted notifications, keyed by notification.
    public static let notificationRequested = Topic(rawValue: "notification.requested")
    /// Genuine webhook requests as they arrived; no key.
    public static let webhookReceived = Topic(rawValue: "webhook.received")
    /// Everything that may change a delivery, keyed by notification.
    public static let deliveryReport = Topic(rawValue: "delivery.report")
    /// Public: every effective change, keyed by notification.
    public static let statusChange = Topic(rawValue: "notification.status.change")
    /// Public: a request whose `externalId` was already another notification's.
    public static let conflict = Topic(rawValue: "notification.conflict")
    /// Public: messages that people sent to us.
    public static let inbound = Topic(rawValue: "message.inbound")
    /// What could not be processed, with the reason.
    public static let deadLetter = Topic(rawValue: "dead.letter")

    public static let all: [Topic] = [
        notificationRequested, webhookReceived, deliveryReport, statusChange, conflict, inbound, deadLetter,
    ]

    /// True for topics that outsiders read: their records stay for the retention time, whoever has read them, and have
    /// headers.
    public var isPublic: Bool {
        ![Topic.notificationRequested, .webhookReceived, .deliveryReport].contains(self)
    }

    public var description: String { rawValue }
}
