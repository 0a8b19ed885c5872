import Glibc

/// The system's random numbers, fetched several at a time: each fetch is a system call, and a batch needs thousands.
struct BufferedRandom: RandomNumberGenerator {
    private var words: [UInt64] = []
    /// How many the next fetch brings: few for one notification, more for a batch.
    private var portion = 2

    mutating func next() -> UInt64 {
        if words.isEmpty { fetch() }
        return words.removeLast()
    }

    private mutating func fetch() {
        words = Array(unsafeUninitializedCapacity: portion) { buffer, count in
            let bytes = buffer.count * MemoryLayout<UInt64>.stride
            // Up to 256 bytes come whole or, interrupted before there is any entropy, not at all.
            while getentropy(buffer.baseAddress, bytes) != 0 {}
            count = buffer.count
        }
        portion = 32
    }
}
