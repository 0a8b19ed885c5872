/// `application/x-www-form-urlencoded`, also the syntax of URL queries.
public enum FormEncoding {
    public struct Pair: Sendable, Hashable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Pairs joined by `&`; a space becomes `+`, everything but letters, digits and `*-._` is percent-encoded.
    public static func encode(_ pairs: [Pair]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pairs.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 8 })
        for (index, pair) in pairs.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "&")) }
            append(pair.name, to: &bytes, spaceAsPlus: true)
            bytes.append(UInt8(ascii: "="))
            append(pair.value, to: &bytes, spaceAsPlus: true)
        }
        return bytes
    }

    /// One component of a URL's path or query: everything but RFC 3986's unreserved characters is percent-encoded.
    public static func percentEncode(_ text: String) -> String {
        var bytes: [UInt8] = []
        append(text, to: &bytes, spaceAsPlus: false)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Every pair in order. Malformed percent signs stay as they are; bytes that are not UTF-8 become U+FFFD.
    public static func decode(_ bytes: some Collection<UInt8>) -> [Pair] {
        bytes.split(separator: UInt8(ascii: "&")).map { part in
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return Pair(unescape(part), "") }
            return Pair(unescape(part[..<equals]), unescape(part[part.index(after: equals)...]))
        }
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func append(_ text: String, to bytes: inout [UInt8], spaceAsPlus: Bool) {
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                bytes.append(byte)
            case UInt8(ascii: "*") where spaceAsPlus, UInt8(ascii: "~") where !spaceAsPlus:
                bytes.append(byte)
            case UInt8(ascii: " ") where spaceAsPlus:
                bytes.append(UInt8(ascii: "+"))
            default:
                bytes.append(UInt8(ascii: "%"))
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            }
        }
    }

    private static func unescape(_ part: some Collection<UInt8>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(part.count)
        var index = part.startIndex
        while index != part.endIndex {
            let byte = part[index]
            index = part.index(after: index)
            if byte == UInt8(ascii: "+") {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), let high = hex(part, index),
                case let next = part.index(after: index), let low = hex(part, next)
            {
                bytes.append(high << 4 | low)
                index = part.index(after: next)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hex<Bytes: Collection<UInt8>>(_ part: Bytes, _ index: Bytes.Index) -> UInt8? {
        guard index != part.endIndex else { return nil }
        return Character(UnicodeScalar(part[index])).hexDigitValue.map(UInt8.init)
    }
}
