public import ChannelSDK

/// Names a user for good: `usr_` and 26 digits that sort by the time of creation.
public struct UserID: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let text: String

    /// As it was stored; nil for a text that no user can have.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 30, text.hasPrefix("usr_"), Base32.isDigits(text.dropFirst(4)) else { return nil }
        self.text = String(text)
    }

    /// A new one: 48 bits of time and 80 random bits.
    public init(at now: Timestamp) {
        let time = UInt64(max(0, now.milliseconds))
        let bytes = (0..<6).map { UInt8(truncatingIfNeeded: time >> (40 - 8 * UInt64($0))) } + RandomBytes.make(10)
        text = "usr_" + Base32.encode(bytes)
    }

    public static func < (left: Self, right: Self) -> Bool { left.text.utf8.lexicographicallyPrecedes(right.text.utf8) }

    public var description: String { text }
}
