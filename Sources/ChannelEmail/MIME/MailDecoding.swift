import FoundationEssentials

/// Undoes the transfer encodings of mail (RFC 2045); bytes that belong to none are left out, or stay as they are.
enum MailDecoding {
    /// - Parameter encoding: as `Content-Transfer-Encoding` names it; of any other the bytes are as they came.
    static func bytes(_ body: ArraySlice<UInt8>, _ encoding: String?) -> [UInt8] {
        switch encoding?.lowercased() {
        case "base64"?: base64(body)
        case "quoted-printable"?: quotedPrintable(body)
        default: Array(body)
        }
    }

    static func base64(_ text: some Sequence<UInt8>) -> [UInt8] {
        var letters = text.prefix { $0 != UInt8(ascii: "=") }.filter {
            (48...57).contains($0) || (97...122).contains($0 | 0x20) || $0 == UInt8(ascii: "+")
                || $0 == UInt8(ascii: "/")
        }
        // A single letter at the end is no whole byte.
        if letters.count % 4 == 1 { letters.removeLast() }
        letters += Array(repeating: UInt8(ascii: "="), count: (4 - letters.count % 4) % 4)
        return Data(base64Encoded: Data(letters)).map { Array($0) } ?? []
    }

    static func quotedPrintable(_ text: some Sequence<UInt8>) -> [UInt8] {
        let encoded = Array(text)
        var (decoded, index): ([UInt8], Int) = ([], 0)
        decoded.reserveCapacity(encoded.count)
        while index < encoded.count {
            let byte = encoded[index]
            index += 1
            guard byte == UInt8(ascii: "=") else {
                decoded.append(byte)
                continue
            }
            // A line that goes on in the next one.
            if let end = softBreak(encoded, index) {
                index = end
            } else if index + 1 < encoded.count, let high = nibble(encoded[index]), let low = nibble(encoded[index + 1])
            {
                decoded.append(high << 4 | low)
                index += 2
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }

    private static func softBreak(_ encoded: [UInt8], _ index: Int) -> Int? {
        var index = index
        while index < encoded.count, encoded[index] == 32 || encoded[index] == 9 { index += 1 }
        if index < encoded.count, encoded[index] == 13 { index += 1 }
        return index < encoded.count && encoded[index] == 10 ? index + 1 : nil
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}
