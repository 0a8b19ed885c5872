/// Text for a page: escaped, with the little of Markdown that descriptions use: `code` and [links](…).
enum HTMLText {
    static func escaped(_ text: some StringProtocol) -> String {
        var html = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": html += "&amp;"
            case "<": html += "&lt;"
            case ">": html += "&gt;"
            case "\"": html += "&quot;"
            default: html.unicodeScalars.append(scalar)
            }
        }
        return html
    }

    /// Paragraphs are kept apart by empty lines.
    static func paragraphs(_ text: String) -> String {
        text.split(separator: "\n\n").map { "<p>\(inline(String($0)))</p>" }.joined(separator: "\n")
    }

    static func inline(_ text: String) -> String {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false)
        return parts.enumerated().map { index, part in
            index.isMultiple(of: 2) ? linked(part) : "<code>\(escaped(part))</code>"
        }.joined()
    }

    private static func linked(_ text: Substring) -> String {
        guard let link = text.firstMatch(of: /\[([^\]]+)\]\((https:[^)\s]+)\)/) else { return escaped(text) }
        return escaped(text[..<link.range.lowerBound]) + "<a href=\"\(escaped(link.2))\">"
            + escaped(link.1) + "</a>" + linked(text[link.range.upperBound...])
    }
}
