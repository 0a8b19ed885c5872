/// Reads text in the character sets that nearly all mail is written in.
enum MailCharset {
    /// - Parameter charset: as a mail names it; of one that is not known what is ASCII is read right.
    static func text(of bytes: some Sequence<UInt8>, in charset: String?) -> String {
        switch charset?.lowercased() {
        case "iso-8859-1"?, "latin1"?, "windows-1252"?, "cp1252"?, "iso-8859-15"?:
            // As browsers do: what is called ISO 8859-1 is nearly always Windows-1252.
            var scalars = String.UnicodeScalarView()
            for byte in bytes { scalars.append(scalar(byte)) }
            return String(scalars)
        default: return String(decoding: Array(bytes), as: UTF8.self)
        }
    }

    private static let windows: [UInt32] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
        0x017D,
        0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153,
        0x9D,
        0x017E, 0x0178,
    ]

    private static func scalar(_ byte: UInt8) -> Unicode.Scalar {
        guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) }
        return Unicode.Scalar(windows[Int(byte) - 0x80]) ?? "\u{FFFD}"
    }
}
