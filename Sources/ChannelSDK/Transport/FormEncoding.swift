/// `application/x-www-form-urlencoded`, also the syntax of URL queries.
public enum FormEncoding {
    /// One name and its value, both decoded.
    public struct Pair: Sendable, Hashable {
        /// Decoded.
        public let name: String
        /// Decoded.
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Pairs joined by `&`; a space becomes `+`, everything but letters, digits and `*-._` is percent-encoded.
    public static func encode(_ pairs: [Pair]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pairs.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count * 3 / 2 + 2 })
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
        bytes.reserveCapacity(text.utf8.count)
        append(text, to: &bytes, spaceAsPlus: false)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Every pair in order. A part without `=` is a name with an empty value, an empty part is nothing. Malformed
    /// percent signs stay as they are; bytes that are not UTF-8 become U+FFFD.
    public static func decode(_ bytes: some Collection<UInt8>) -> [Pair] {
        let form = DecodedForm(bytes)
        return form.pairs.map { Pair(form.text($0.name), form.text($0.value)) }
    }

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
                bytes.append(digit(byte >> 4))
                bytes.append(digit(byte & 15))
            }
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
    }
}
