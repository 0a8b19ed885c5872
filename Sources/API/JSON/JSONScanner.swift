/// Reads JSON in one pass over the request's own bytes: no tree, no copies but the strings that are kept.
///
/// Strict RFC 8259, and stricter where a sender and a reader could differ: invalid UTF-8, lone surrogates and repeated
/// keys are errors. Depth is limited.
struct JSONScanner {
    struct Problem: Error, Hashable {
        let message: String
        /// In bytes from the start.
        let offset: Int
    }

    let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int
    private let end: Int
    private var depth = 0
    private static let maxDepth = 16

    init(_ bytes: UnsafeRawBufferPointer, range: Range<Int>? = nil) {
        self.bytes = bytes
        offset = range?.lowerBound ?? 0
        end = range?.upperBound ?? bytes.count
    }

    enum Kind: String {
        case object = "an object"
        case array = "an array"
        case string = "a string"
        case number = "a number"
        case boolean = "true or false"
        case null = "null"
    }

    // MARK: Structure

    /// What kind of value comes next.
    mutating func peek() throws(Problem) -> Kind {
        skipBlanks()
        guard offset < end else { throw problem("the JSON ends too early") }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: throw problem("this is not JSON")
        }
    }

    /// Calls `member` with each key; it must read the value.
    mutating func object(
        _ member: (inout JSONScanner, String) throws(Problem) -> Void
    ) throws(Problem) {
        try open("{")
        if try close("}") { return }
        while true {
            let key = try string()
            try expect(":")
            try member(&self, key)
            if try close("}") { return }
            try expect(",")
            skipBlanks()
        }
    }

    /// Calls `element` for each element; it must read it.
    mutating func array(_ element: (inout JSONScanner) throws(Problem) -> Void) throws(Problem) {
        try open("[")
        if try close("]") { return }
        while true {
            try element(&self)
            if try close("]") { return }
            try expect(",")
        }
    }

    /// Reads past any value.
    mutating func skip() throws(Problem) {
        switch try peek() {
        case .object:
            var seen: Set<String> = []
            try object { (scanner, key) throws(Problem) in
                if !seen.insert(key).inserted { throw scanner.problem("the key '\(key)' comes twice") }
                try scanner.skip()
            }
        case .array: try array { (scanner) throws(Problem) in try scanner.skip() }
        case .string: _ = try string()
        case .number: try number()
        case .boolean: try literal(bytes[offset] == UInt8(ascii: "t") ? "true" : "false")
        case .null: try literal("null")
        }
    }

    mutating func expectEnd() throws(Problem) {
        skipBlanks()
        if offset < end { throw problem("there is more after the JSON's end") }
    }

    func problem(_ message: String) -> Problem { Problem(message: message, offset: offset) }

    private mutating func open(_ bracket: Unicode.Scalar) throws(Problem) {
        try expect(bracket)
        depth += 1
        if depth > Self.maxDepth { throw problem("the JSON is nested deeper than \(Self.maxDepth) levels") }
    }

    private mutating func close(_ bracket: Unicode.Scalar) throws(Problem) -> Bool {
        skipBlanks()
        guard offset < end, bytes[offset] == UInt8(ascii: bracket) else { return false }
        offset += 1
        depth -= 1
        return true
    }

    private mutating func expect(_ scalar: Unicode.Scalar) throws(Problem) {
        skipBlanks()
        guard offset < end else { throw problem("the JSON ends too early") }
        guard bytes[offset] == UInt8(ascii: scalar) else { throw problem("'\(scalar)' is expected here") }
        offset += 1
    }

    private mutating func skipBlanks() {
        while offset < end {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            offset += 1
        }
    }

    // MARK: Scalars

    private mutating func literal(_ word: StaticString) throws(Problem) {
        let matches = word.withUTF8Buffer { utf8 in
            end - offset >= utf8.count && utf8.indices.allSatisfy { bytes[offset + $0] == utf8[$0] }
        }
        guard matches else { throw problem("this is not JSON") }
        offset += word.utf8CodeUnitCount
    }

    private mutating func number() throws(Problem) {
        if bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        guard let first = digit() else { throw problem("a digit is expected here") }
        if first != UInt8(ascii: "0") { while digit() != nil {} }
        if offset < end, bytes[offset] == UInt8(ascii: ".") {
            offset += 1
            guard digit() != nil else { throw problem("a digit is expected here") }
            while digit() != nil {}
        }
        guard offset < end, bytes[offset] | 0x20 == UInt8(ascii: "e") else { return }
        offset += 1
        if offset < end, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[offset]) { offset += 1 }
        guard digit() != nil else { throw problem("a digit is expected here") }
        while digit() != nil {}
    }

    private mutating func digit() -> UInt8? {
        guard offset < end, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) else { return nil }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func string() throws(Problem) -> String {
        try expect("\"")
        let start = offset
        while offset < end {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") {
                defer { offset += 1 }
                return try text(start..<offset)
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 0x20 { throw problem("a control character in a string must be escaped") }
            offset += 1
        }
        throw problem("a string has no end")
    }

    private func text(_ range: Range<Int>) throws(Problem) -> String {
        let utf8 = UnsafeRawBufferPointer(rebasing: bytes[range])
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw Problem(message: "a string is not valid UTF-8", offset: range.lowerBound)
        }
        return text
    }

    private mutating func escapedString(from start: Int) throws(Problem) -> String {
        var kept = Array(bytes[start..<offset])
        while offset < end {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                guard let text = String(validating: kept, as: UTF8.self) else {
                    throw Problem(message: "a string is not valid UTF-8", offset: start)
                }
                return text
            case UInt8(ascii: "\\"): try escape(into: &kept)
            case 0..<0x20: throw problem("a control character in a string must be escaped")
            default:
                kept.append(byte)
                offset += 1
            }
        }
        throw problem("a string has no end")
    }

    private mutating func escape(into kept: inout [UInt8]) throws(Problem) {
        guard offset + 1 < end else { throw problem("a string has no end") }
        let letter = bytes[offset + 1]
        offset += 2
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): kept.append(letter)
        case UInt8(ascii: "b"): kept.append(0x08)
        case UInt8(ascii: "f"): kept.append(0x0C)
        case UInt8(ascii: "n"): kept.append(0x0A)
        case UInt8(ascii: "r"): kept.append(0x0D)
        case UInt8(ascii: "t"): kept.append(0x09)
        case UInt8(ascii: "u"): kept.append(contentsOf: String(Character(try unicodeEscape())).utf8)
        default: throw problem("this escape is unknown")
        }
    }

    private mutating func unicodeEscape() throws(Problem) -> Unicode.Scalar {
        let first = try hexQuad()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), offset + 1 < end, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        else { throw problem("half of a surrogate pair stands alone") }
        offset += 2
        let second = try hexQuad()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw problem("half of a surrogate pair stands alone") }
        return scalar
    }

    private mutating func hexQuad() throws(Problem) -> UInt32 {
        guard end - offset >= 4 else { throw problem("a string has no end") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue else {
                throw problem("four hexadecimal digits are expected after \\u")
            }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }
}

extension JSONScanner.Problem {
    /// Line and column, from 1, of the problem in `bytes`; the column counts bytes.
    func position(in bytes: UnsafeRawBufferPointer) -> (line: Int, column: Int) {
        let before = bytes[..<min(offset, bytes.count)]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return (line, before.count - lineStart + 1)
    }
}
