extension EncodedWord {
    /// A header's text with its encoded words read (RFC 2047); what is no such word, or a broken one, stays as it is.
    static func decoded(_ text: String) -> String {
        guard text.contains("=?") else { return text }
        var (plain, rest, isBehindWord) = ("", text[...], false)
        while let mark = rest.firstRange(of: "=?") {
            let between = rest[..<mark.lowerBound]
            guard let (word, after) = word(rest[mark.upperBound...]) else {
                plain += rest[..<mark.upperBound]
                (rest, isBehindWord) = (rest[mark.upperBound...], false)
                continue
            }
            // Spaces between two encoded words only keep their lines short.
            if !isBehindWord || between.contains(where: { !$0.isWhitespace }) { plain += between }
            plain += word
            (rest, isBehindWord) = (after, true)
        }
        return plain + rest
    }

    /// `charset?B?text?=`, with what follows it.
    private static func word(_ text: Substring) -> (String, Substring)? {
        let parts = text.split(separator: "?", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[3].first == "=", let charset = parts[0].split(separator: "*").first else {
            return nil
        }
        let bytes: [UInt8]
        switch parts[1] {
        case "B", "b": bytes = MailDecoding.base64(parts[2].utf8)
        case "Q", "q": bytes = MailDecoding.quotedPrintable(parts[2].replacing("_", with: " ").utf8)
        default: return nil
        }
        return (MailCharset.text(of: bytes, in: String(charset)), parts[3].dropFirst())
    }
}
