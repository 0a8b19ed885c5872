/// The identity of one delivery: its notification, and its number among that notification's deliveries (from 1).
///
/// Written `UUID.N`, which needs no escaping in a URL: it is what a provider echoes back, so a report that carries it
/// names its notification without a look-up.
public struct DeliveryID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let notification: NotificationID
    public let ordinal: UInt16

    public init(notification: NotificationID, ordinal: UInt16) {
        self.notification = notification
        self.ordinal = ordinal
    }

    public init?(_ text: some StringProtocol) {
        guard let dot = text.firstIndex(of: "."),
            let notification = NotificationID(text[..<dot]),
            let ordinal = UInt16(text[text.index(after: dot)...]), ordinal > 0
        else { return nil }
        self.init(notification: notification, ordinal: ordinal)
    }

    public var description: String { "\(notification).\(ordinal)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.notification, left.ordinal) < (right.notification, right.ordinal)
    }
}
