/// A mail, or a part of one, that came from elsewhere: headers and a body. Reads whatever bytes come.
struct MailEntity {
    /// Names in lower case, values unfolded.
    let headers: [(name: String, value: String)]
    let body: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        var (headers, rest): ([(name: String, value: String)], ArraySlice<UInt8>) = ([], bytes)
        while let line = Self.nextLine(&rest), !line.isEmpty {
            let text = String(decoding: line, as: UTF8.self)
            if let first = line.first, first == 32 || first == 9 {
                if !headers.isEmpty { headers[headers.count - 1].value += " " + Self.trimmed(text[...]) }
            } else if let colon = text.firstIndex(of: ":") {
                headers.append((text[..<colon].lowercased(), Self.trimmed(text[text.index(after: colon)...])))
            }
        }
        (self.headers, body) = (headers, rest)
    }

    func values(of name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

    subscript(name: String) -> String? { headers.first { $0.name == name }?.value }

    /// With its transfer encoding undone.
    var decodedBody: [UInt8] { MailDecoding.bytes(body, self["content-transfer-encoding"]) }

    /// In lower case, e.g. `multipart/report`.
    var mediaType: String {
        Self.value(of: self["content-type"] ?? "text/plain").lowercased()
    }

    /// A multipart's parts; none without a boundary.
    var parts: [MailEntity] {
        guard mediaType.hasPrefix("multipart/"), let boundary = parameter("boundary"), !boundary.isEmpty else {
            return []
        }
        let (open, close) = (Array("--\(boundary)".utf8), Array("--\(boundary)--".utf8))
        var (parts, rest, start): ([MailEntity], ArraySlice<UInt8>, Int?) = ([], body, nil)
        while !rest.isEmpty {
            let lineStart = rest.startIndex
            guard let line = Self.nextLine(&rest) else { break }
            let content = line.prefix(while: { $0 != 32 && $0 != 9 })
            guard content.elementsEqual(open) || content.elementsEqual(close) else { continue }
            if let start { parts.append(MailEntity(body[start..<lineStart])) }
            start = rest.startIndex
            if content.elementsEqual(close) { return parts }
        }
        // The end was cut off: what is there counts.
        if let start { parts.append(MailEntity(body[start...])) }
        return parts
    }

    /// A parameter of the content type, without its quotes.
    func parameter(_ name: String) -> String? { Self.parameter(name, of: self["content-type"] ?? "") }

    /// What stands before the parameters of a header's value.
    static func value(of header: String) -> String { trimmed(header.prefix { $0 != ";" }) }

    /// A parameter of a header's value, without its quotes.
    static func parameter(_ name: String, of header: String) -> String? {
        for part in header.split(separator: ";").dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, trimmed(pair[0]).lowercased() == name else { continue }
            let value = trimmed(pair[1])
            return value.hasPrefix("\"") && value.hasSuffix("\"") && value.count > 1
                ? String(value.dropFirst().dropLast()) : value
        }
        return nil
    }

    /// Takes the next line off `rest`, without its end, CRLF or LF.
    private static func nextLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        let end = rest.firstIndex(of: 10) ?? rest.endIndex
        var line = rest[rest.startIndex..<end]
        rest = end < rest.endIndex ? rest[(end + 1)...] : rest[end...]
        if line.last == 13 { line.removeLast() }
        return line
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.unicodeScalars.first, first == " " || first == "\t" { text.unicodeScalars.removeFirst() }
        while let last = text.unicodeScalars.last, last == " " || last == "\t" { text.unicodeScalars.removeLast() }
        return String(text)
    }
}
