/// A form with every escape undone: all its bytes in one buffer, names and values as ranges of it. Both the strings of
/// ``FormEncoding`` and what a signature covers are made from here. Every webhook passes through, so it is one pass
/// over the bytes, with one allocation for them and one for the ranges.
struct DecodedForm {
    struct Pair {
        var name: Range<Int>
        var value: Range<Int>
    }

    let bytes: [UInt8]
    private(set) var pairs: [Pair] = []
    /// False when a part has no `=`.
    private(set) var isRegular = true

    init(_ encoded: some Collection<UInt8>) {
        var reader = Reader()
        bytes = [UInt8](unsafeUninitializedCapacity: encoded.count) { decoded, count in
            if encoded.withContiguousStorageIfAvailable({ reader.read($0, into: decoded) }) == nil {
                Array(encoded).withUnsafeBufferPointer { reader.read($0, into: decoded) }
            }
            count = reader.count
        }
        pairs = reader.pairs
        isRegular = reader.isRegular
    }

    /// In the byte order of the names, then of the values.
    func precedes(_ left: Pair, _ right: Pair) -> Bool {
        let names = compare(left.name, right.name)
        return names != 0 ? names < 0 : compare(left.value, right.value) < 0
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func compare(_ left: Range<Int>, _ right: Range<Int>) -> Int {
        for offset in 0..<min(left.count, right.count) {
            let (one, other) = (bytes[left.lowerBound + offset], bytes[right.lowerBound + offset])
            if one != other { return one < other ? -1 : 1 }
        }
        return left.count - right.count
    }
}

extension DecodedForm {
    /// Decoding never lengthens, so a buffer as long as the input holds all of the output.
    private struct Reader {
        var pairs: [Pair] = []
        var isRegular = true
        /// Bytes written so far.
        var count = 0
        private var start = 0
        private var equals: Int?

        init() { pairs.reserveCapacity(12) }

        mutating func read(_ encoded: UnsafeBufferPointer<UInt8>, into decoded: UnsafeMutableBufferPointer<UInt8>) {
            var index = 0
            while index < encoded.count {
                var byte = encoded[index]
                index += 1
                switch byte {
                case UInt8(ascii: "&"):
                    endPair()
                    continue
                case UInt8(ascii: "=") where equals == nil:
                    equals = count
                    continue
                case UInt8(ascii: "+"):
                    byte = UInt8(ascii: " ")
                case UInt8(ascii: "%") where index + 1 < encoded.count:
                    guard let high = Self.nibble(encoded[index]), let low = Self.nibble(encoded[index + 1]) else {
                        break
                    }
                    byte = high << 4 | low
                    index += 2
                default: break
                }
                decoded.initializeElement(at: count, to: byte)
                count += 1
            }
            endPair()
        }

        private mutating func endPair() {
            defer { (start, equals) = (count, nil) }
            if equals == nil && start == count { return }
            if equals == nil { isRegular = false }
            let middle = equals ?? count
            pairs.append(Pair(name: start..<middle, value: middle..<count))
        }

        private static func nibble(_ byte: UInt8) -> UInt8? {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
            default: nil
            }
        }
    }
}
