/// The same numbers for the same seed, key, purpose and number, whatever else happens and in whatever order.
///
/// Every decision of the sandbox draws from a generator of its own, keyed by what it decides about: a message's fate
/// does not depend on which other messages arrived before it.
struct SeededRandom: RandomNumberGenerator {
    /// Keeps decisions about the same key independent of each other.
    enum Purpose: UInt64 {
        case request = 1
        case reports = 2
        case answerDelay = 3
        case refusal = 4
    }

    private var state: UInt64

    init(seed: UInt64, key: String, purpose: Purpose, number: Int) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in key.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        let subject = (purpose.rawValue << 48) ^ UInt64(truncatingIfNeeded: number)
        state = Self.mix(hash ^ Self.mix(seed ^ Self.mix(subject)))
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Self.mix(state)
    }

    /// A number in 0 ..< 1.
    mutating func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// The finalizer of SplitMix64: every bit of the input reaches every bit of the output.
    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
