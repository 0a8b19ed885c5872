/// The identity of one delivery: its notification, and its number among that notification's deliveries (from 1).
///
/// Written `UUID.N`, which needs no escaping in a URL: it is what a provider echoes back, so a report that carries it
/// names its notification without a look-up.
public struct DeliveryID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The notification that it is a delivery of.
    public let notification: NotificationID
    /// From 1, in the order in which the notification's deliveries were made.
    public let ordinal: UInt16

    public init(notification: NotificationID, ordinal: UInt16) {
        self.notification = notification
        self.ordinal = ordinal
    }

    /// Reads what ``description`` writes; anything else is nil, other spellings of the number (`+1`, `01`) too.
    public init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")), let notification = NotificationID(text[..<dot]) else {
            return nil
        }
        var ordinal: UInt16 = 0
        for byte in bytes[bytes.index(after: dot)...] {
            guard (48...57).contains(byte), ordinal > 0 || byte != 48 else { return nil }
            let (shifted, isTooLong) = ordinal.multipliedReportingOverflow(by: 10)
            let (next, isTooBig) = shifted.addingReportingOverflow(UInt16(byte - 48))
            guard !isTooLong, !isTooBig else { return nil }
            ordinal = next
        }
        guard ordinal > 0 else { return nil }
        self.init(notification: notification, ordinal: ordinal)
    }

    public var description: String { "\(notification).\(ordinal)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.notification, left.ordinal) < (right.notification, right.ordinal)
    }
}
