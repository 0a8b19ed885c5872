/// Makes Twilio's names for messages: `SM` and 32 hexadecimal digits, no two alike, not even of two runs.
final class TwilioSIDs: Sendable {
    private let names = UniqueNames()

    func next() -> String {
        let (high, low) = names.next()
        return String(unsafeUninitializedCapacity: 34) { bytes in
            bytes[0] = UInt8(ascii: "S")
            bytes[1] = UInt8(ascii: "M")
            for digit in 0..<32 {
                let half = digit < 16 ? high : low
                let value = UInt8(truncatingIfNeeded: half >> UInt64(4 * (digit % 16))) & 15
                bytes[2 + digit] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
            }
            return 34
        }
    }
}
