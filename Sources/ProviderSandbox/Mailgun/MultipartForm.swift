import NIOCore

/// The parts of a `multipart/form-data` body (RFC 7578), in their order.
struct MultipartForm: Sendable {
    struct Part: Sendable {
        var name: String
        /// Nil: an ordinary field.
        var filename: String?
        var mediaType: String?
        var content: ByteBuffer
    }

    let parts: [Part]

    /// Nil when the body is not of this form, or when its last boundary is missing.
    init?(_ form: ByteBuffer, contentType: String) {
        // Each boundary has a line break before it then, the first too.
        var body = ByteBuffer(string: "\r\n")
        body.writeImmutableBuffer(form)
        guard contentType.lowercased().hasPrefix("multipart/form-data"),
            let boundary = Self.parameter("boundary", of: contentType), (1...70).contains(boundary.utf8.count)
        else { return nil }
        let marks = Self.marks("\r\n--\(boundary)", in: body)
        var parts: [Part] = []
        for (start, end) in zip(marks, marks.dropFirst()) {
            guard let part = Self.part(body.getSlice(at: start, length: end - start), skipping: boundary.utf8.count)
            else { return nil }
            parts.append(part)
        }
        let last = marks.last.flatMap { body.getString(at: $0 + boundary.utf8.count + 4, length: 2) }
        guard last == "--" else { return nil }
        self.parts = parts
    }

    /// Where the lines that separate parts begin: at the line break before them.
    private static func marks(_ mark: String, in body: ByteBuffer) -> [Int] {
        let view = body.readableBytesView
        let mark = Array(mark.utf8)
        var marks: [Int] = []
        var next = view.startIndex
        while let candidate = view[next...].firstIndex(of: 13) {
            if view[candidate...].starts(with: mark) { marks.append(candidate) }
            next = candidate + 1
        }
        return marks
    }

    private static func part(_ slice: ByteBuffer?, skipping boundary: Int) -> Part? {
        guard var rest = slice else { return nil }
        rest.moveReaderIndex(forwardBy: min(boundary + 4, rest.readableBytes))
        var headers: [String: String] = [:]
        var isFirst = true
        while let end = rest.readableBytesView.firstIndex(of: 10) {
            let line = rest.readString(length: end + 1 - rest.readerIndex) ?? ""
            let text = line.hasSuffix("\r\n") ? String(line.dropLast()) : line
            if !isFirst, text.isEmpty {
                guard let disposition = headers["content-disposition"], disposition.hasPrefix("form-data"),
                    let name = parameter("name", of: disposition)
                else { return nil }
                return Part(
                    name: name, filename: parameter("filename", of: disposition), mediaType: headers["content-type"],
                    content: rest)
            }
            isFirst = false
            guard let colon = text.firstIndex(of: ":") else { continue }
            headers[text[..<colon].lowercased()] = text[text.index(after: colon)...].drop { $0 == " " }.description
        }
        return nil
    }

    /// Quotes are taken away, and what browsers encode in them is decoded.
    static func parameter(_ name: String, of header: String) -> String? {
        for part in parts(of: header) {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].lowercased() == name else { continue }
            let value = pair[1]
            guard value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") else { return String(value) }
            return String(value.dropFirst().dropLast()).replacing("%22", with: "\"")
        }
        return nil
    }

    /// What stands between semicolons outside of quotes.
    private static func parts(of header: String) -> [Substring] {
        var (isQuoted, isEscaped) = (false, false)
        let parts = header.split(omittingEmptySubsequences: false) { character in
            defer { isEscaped = character == "\\" && !isEscaped }
            if character == "\"", !isEscaped { isQuoted.toggle() }
            return character == ";" && !isQuoted
        }
        return Array(parts.dropFirst())
    }
}
