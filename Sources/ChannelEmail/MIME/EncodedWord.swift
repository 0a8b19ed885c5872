import FoundationEssentials

/// Text of a header beyond ASCII, as encoded words (RFC 2047) in UTF-8 and base64.
enum EncodedWord {
    /// The words of an unstructured header or a display name: `text` as it is where that is allowed and can be folded,
    /// else encoded words of at most 64 characters, none of which cuts a character's bytes apart.
    static func words(_ text: String) -> [String] {
        needsEncoding(text) ? encoded(text) : text.split(separator: " ").map(String.init)
    }

    static func needsEncoding(_ text: String) -> Bool {
        !text.utf8.allSatisfy { (32...126).contains($0) } || text.contains("=?")
            || text.split(separator: " ", omittingEmptySubsequences: false).contains {
                $0.isEmpty || $0.utf8.count > 60
            }
    }

    static func encoded(_ text: String) -> [String] {
        var (words, chunk): ([String], [UInt8]) = ([], [])
        func close() {
            if !chunk.isEmpty { words.append("=?UTF-8?B?\(Data(chunk).base64EncodedString())?=") }
            chunk = []
        }
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if chunk.count + bytes.count > 39 { close() }
            chunk += bytes
        }
        close()
        return words
    }
}
