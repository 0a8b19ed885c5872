/// The identity of a notification: 128 bits, written as a UUID.
///
/// With an `externalId` it is a hash of (account, `externalId`), so that the same request again finds the same
/// notification without a look-up; without one it is a UUIDv7, which sorts by time.
public struct NotificationID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The first 64 bits.
    public let high: UInt64
    /// The last 64 bits.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// How many ASCII characters the text has.
    package static var textLength: Int { UUIDText.length }

    /// Reads the 36 characters of a UUID in either case; anything else is nil.
    public init?(_ text: some StringProtocol) {
        let id =
            text.utf8.withContiguousStorageIfAvailable { Self(UnsafeRawBufferPointer($0)) }
            ?? Array(text.utf8).withUnsafeBytes { Self($0) }
        guard let id else { return nil }
        self = id
    }

    /// The same from ASCII characters.
    package init?(_ characters: UnsafeRawBufferPointer) {
        guard let (high, low) = UUIDText.read(characters) else { return nil }
        self.init(high: high, low: low)
    }

    public var description: String {
        String(unsafeUninitializedCapacity: UUIDText.length) { buffer in
            write(into: buffer)
            return UUIDText.length
        }
    }

    /// Writes the ASCII characters at the start of `buffer`.
    package func write(into buffer: UnsafeMutableBufferPointer<UInt8>) {
        UUIDText.write(high, low, to: UnsafeMutableRawBufferPointer(buffer))
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
