/// Reads JSON (RFC 8259) in one pass over its bytes.
struct JSONReader {
    /// Far deeper than any provider's JSON.
    private static let deepest = 64

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The one value that the bytes are; nil when they are something else.
    mutating func whole() -> JSONValue? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        // A byte order mark says nothing in UTF-8, and some write it all the same.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        guard let value = value(depth: 0) else { return nil }
        skipSpace()
        return position == bytes.count ? value : nil
    }

    private mutating func value(depth: Int) -> JSONValue? {
        skipSpace()
        guard position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "{"): return object(depth: depth + 1)
        case UInt8(ascii: "["): return array(depth: depth + 1)
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "t"): return take("true") ? .boolean(true) : nil
        case UInt8(ascii: "f"): return take("false") ? .boolean(false) : nil
        case UInt8(ascii: "n"): return take("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> JSONValue? {
        guard depth <= Self.deepest else { return nil }
        position += 1
        var members: [String: JSONValue] = [:]
        if takes("}") { return .object(members) }
        repeat {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\""), let name = string(), takes(":"),
                let member = value(depth: depth)
            else { return nil }
            members[name] = member
        } while takes(",")
        return takes("}") ? .object(members) : nil
    }

    private mutating func array(depth: Int) -> JSONValue? {
        guard depth <= Self.deepest else { return nil }
        position += 1
        var items: [JSONValue] = []
        if takes("]") { return .array(items) }
        repeat {
            guard let item = value(depth: depth) else { return nil }
            items.append(item)
        } while takes(",")
        return takes("]") ? .array(items) : nil
    }

    // MARK: Numbers

    private mutating func number() -> JSONValue? {
        let start = position
        skip { $0 == UInt8(ascii: "-") }
        guard position - start <= 1, let whole = digits(), whole.count == 1 || whole.first != UInt8(ascii: "0") else {
            return nil
        }
        if next == UInt8(ascii: ".") {
            position += 1
            guard digits() != nil else { return nil }
        }
        if next.map({ $0 | 0x20 }) == UInt8(ascii: "e") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard digits() != nil else { return nil }
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    /// At least one.
    private mutating func digits() -> ArraySlice<UInt8>? {
        let start = position
        skip { (48...57).contains($0) }
        return position > start ? bytes[start..<position] : nil
    }

    // MARK: Strings

    private mutating func string() -> String? {
        position += 1
        var text = ""
        while true {
            let start = position
            skip { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            text += String(decoding: bytes[start..<position], as: UTF8.self)
            switch next {
            case UInt8(ascii: "\""):
                position += 1
                return text
            case UInt8(ascii: "\\"):
                position += 1
                guard let scalar = escaped() else { return nil }
                text.unicodeScalars.append(scalar)
            default: return nil
            }
        }
    }

    private mutating func escaped() -> Unicode.Scalar? {
        guard let letter = next else { return nil }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return unicode()
        default: return nil
        }
    }

    /// Two halves of a pair are one character. A half alone, which a text cut in the wrong place ends with, is none.
    private mutating func unicode() -> Unicode.Scalar? {
        guard let first = hexadecimal() else { return nil }
        guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
        let end = position
        guard take("\\u"), let second = hexadecimal(), (0xDC00...0xDFFF).contains(second) else {
            position = end
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private mutating func hexadecimal() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = value << 4 + UInt32(digit)
        }
        position += 4
        return value
    }

    // MARK: Bytes

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skip(while fits: (UInt8) -> Bool) {
        while position < bytes.count, fits(bytes[position]) { position += 1 }
    }

    private mutating func skipSpace() { skip { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 } }

    /// Past `word` where it comes next.
    private mutating func take(_ word: StaticString) -> Bool {
        let isNext = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
        if isNext { position += word.utf8CodeUnitCount }
        return isNext
    }

    /// The same for one character, after any space.
    private mutating func takes(_ mark: StaticString) -> Bool {
        skipSpace()
        return take(mark)
    }
}
