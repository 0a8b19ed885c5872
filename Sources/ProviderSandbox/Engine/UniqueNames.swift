import Synchronization

/// Makes names of which no two are alike, not even of two runs.
final class UniqueNames: Sendable {
    private let salt = UInt64.random(in: .min ... .max)
    private let count = Atomic<UInt64>(0)

    /// 128 bits.
    func next() -> (high: UInt64, low: UInt64) {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        // `mix` is one to one: different numbers have different halves.
        return (SeededRandom.mix(salt ^ SeededRandom.mix(number)), SeededRandom.mix(salt &+ number))
    }

    /// 32 hexadecimal digits.
    func hexadecimal() -> String {
        let (high, low) = next()
        return high.hexadecimal + low.hexadecimal
    }

    /// A UUID of version 4, in small letters.
    func uuid() -> String {
        var (high, low) = next()
        high = high & ~0xf000 | 0x4000
        low = low & ~(0xc000 << 48) | 0x8000 << 48
        let digits = high.hexadecimal + low.hexadecimal
        var parts: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return parts.joined(separator: "-")
    }
}

extension UInt64 {
    /// 16 digits.
    var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension Sequence<UInt8> {
    /// Two digits for each byte.
    var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
