/// A form as `multipart/form-data` carries it (RFC 7578), whatever bytes come: parts that make no sense are left out, and
/// a form whose end was cut off has the fields that were whole.
struct MultipartForm {
    struct Field {
        let name: String
        /// Nil: it is a field, no file.
        let fileName: String?
        let value: ArraySlice<UInt8>
    }

    let fields: [Field]

    /// More than any provider sends; what comes behind them is left out.
    private static let mostFields = 1000

    /// Nil when the content type is another, or names no boundary.
    init?(contentType: String, body: [UInt8]) {
        let head = MailEntity(
            Array("Content-Type: \(contentType.utf8.count < 1000 ? contentType : "")\r\n\r\n".utf8)[...])
        // A boundary has at most 70 characters (RFC 2046).
        guard head.mediaType == "multipart/form-data", let boundary = head.parameter("boundary"),
            (1...70).contains(boundary.utf8.count)
        else { return nil }
        fields = Self.parts(of: body, between: Array("--\(boundary)".utf8)).compactMap(Self.field)
    }

    /// The text of a field that is no file; of several the first.
    func bytes(of name: String) -> ArraySlice<UInt8>? {
        fields.first { $0.name == name && $0.fileName == nil }?.value
    }

    /// Between delimiters, each at the beginning of a line. Their values can hold any other bytes, so line ends inside
    /// them stay as they are.
    private static func parts(of body: [UInt8], between delimiter: [UInt8]) -> [ArraySlice<UInt8>] {
        var (parts, start, index): ([ArraySlice<UInt8>], Int?, Int) = ([], nil, 0)
        while index < body.count, parts.count < mostFields {
            guard body[index...].starts(with: delimiter) else {
                guard let end = body[index...].firstIndex(of: 10) else { break }
                index = end + 1
                continue
            }
            // The line end before a delimiter is its own.
            if let start { parts.append(body[start..<max(start, lineEnd(before: index, in: body))]) }
            let after = index + delimiter.count
            if body[after...].starts(with: [45, 45]) { break }
            guard let end = body[after...].firstIndex(of: 10) else { break }
            (start, index) = (end + 1, end + 1)
        }
        return parts
    }

    private static func lineEnd(before index: Int, in body: [UInt8]) -> Int {
        guard index > 0, body[index - 1] == 10 else { return index }
        return index > 1 && body[index - 2] == 13 ? index - 2 : index - 1
    }

    private static func field(_ part: ArraySlice<UInt8>) -> Field? {
        let entity = MailEntity(part)
        guard let disposition = entity["content-disposition"],
            MailEntity.value(of: disposition).lowercased() == "form-data",
            let name = MailEntity.parameter("name", of: disposition), !name.isEmpty
        else { return nil }
        return Field(
            name: name, fileName: MailEntity.parameter("filename", of: disposition), value: entity.body)
    }
}
