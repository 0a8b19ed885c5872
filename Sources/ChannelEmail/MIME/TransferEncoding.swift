import FoundationEssentials

/// A text of a mail in lines of ASCII (RFC 2045): quoted-printable, or base64 where that is shorter.
struct TransferEncoding: Sendable, Hashable {
    /// As `Content-Transfer-Encoding` names it.
    let name: String
    /// Lines of at most 76 characters, each with CRLF at its end.
    let body: String

    init(_ text: String) {
        let bytes = Self.withLineEnds(text)
        let special = bytes.count {
            $0 == UInt8(ascii: "=") || $0 > 126 || ($0 < 32 && $0 != 13 && $0 != 10 && $0 != 9)
        }
        // Three characters for a special byte, against four for every three bytes.
        if special * 6 > bytes.count {
            (name, body) = ("base64", Self.base64(bytes))
        } else {
            (name, body) = ("quoted-printable", Self.quotedPrintable(bytes))
        }
    }

    /// Every line end is CRLF, the last line's too.
    private static func withLineEnds(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 64)
        var wasReturn = false
        for byte in text.utf8 {
            if byte == 10 || byte == 13 {
                if !(wasReturn && byte == 10) { bytes += [13, 10] }
            } else {
                bytes.append(byte)
            }
            wasReturn = byte == 13
        }
        if !bytes.isEmpty, bytes.last != 10 { bytes += [13, 10] }
        return bytes
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        var lines = ""
        for start in stride(from: 0, to: bytes.count, by: 57) {
            lines += Data(bytes[start..<min(start + 57, bytes.count)]).base64EncodedString() + "\r\n"
        }
        return lines
    }

    private static func quotedPrintable(_ bytes: [UInt8]) -> String {
        var encoded: [UInt8] = []
        var column = 0
        for (index, byte) in bytes.enumerated() {
            if byte == 13 || byte == 10 {
                encoded.append(byte)
                column = 0
                continue
            }
            let endsLine = index + 1 == bytes.count || bytes[index + 1] == 13
            let isPlain = (byte == 32 || byte == 9) ? !endsLine : (33...126).contains(byte) && byte != UInt8(ascii: "=")
            let unit: [UInt8] = isPlain ? [byte] : [UInt8(ascii: "="), digit(byte >> 4), digit(byte & 15)]
            // One column is for the `=` of a soft line break, unless the line ends here anyway.
            if column + unit.count > (endsLine ? 76 : 75) {
                encoded += Array("=\r\n".utf8)
                column = 0
            }
            encoded += unit
            column += unit.count
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 55 + nibble }
}
