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

    /// Reads the 36 characters of a UUID in either case; anything else is nil.
    public init?(_ text: some StringProtocol) { self.init(characters: text.utf8) }

    /// The same from ASCII characters: a log's keys are read a hundred thousand times a second.
    package init?(_ characters: UnsafeRawBufferPointer) { self.init(characters: characters) }

    private init?(characters: some Collection<UInt8>) {
        guard characters.count == 36 else { return nil }
        var words = (high: UInt64(0), low: UInt64(0))
        var offset = 0
        // Each digit sets bits that no valid one has when it is none, so that one look at the end tells.
        var wrong: UInt8 = 0
        for byte in characters {
            if offset == 8 || offset == 13 || offset == 18 || offset == 23 {
                wrong |= byte ^ UInt8(ascii: "-")
            } else {
                let nibble = Self.nibble(byte)
                wrong |= nibble & 0xF0
                words = (words.high << 4 | words.low >> 60, words.low << 4 | UInt64(nibble & 0xF))
            }
            offset += 1
        }
        guard wrong == 0 else { return nil }
        self.init(high: words.high, low: words.low)
    }

    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            write(into: buffer)
            return 36
        }
    }

    /// Writes the 36 ASCII characters at the start of `buffer`.
    package func write(into buffer: UnsafeMutableBufferPointer<UInt8>) {
        var position = 0
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 {
                buffer[position] = UInt8(ascii: "-")
                position += 1
            }
            let word = index < 16 ? high : low
            let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - (index & 15) * 4)) & 0xF
            buffer[position] = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
            position += 1
        }
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// More than 15 for what is no hexadecimal digit; without a branch, for digits and letters come in no order.
    private static func nibble(_ byte: UInt8) -> UInt8 {
        let digit = byte &- UInt8(ascii: "0")
        let letter = (byte | 0x20) &- UInt8(ascii: "a")
        return digit < 10 ? digit : letter < 6 ? letter &+ 10 : 0xF0
    }
}
