import FoundationEssentials
import NIOCore

/// The files of a mail (RFC 2045, 2183): its parts that have a disposition.
struct MailFiles {
    private(set) var files: [SubmittedFile] = []
    /// What a strict reader would stumble over: base64 that is none, a multipart without its end.
    private(set) var problem: String?

    /// - Parameter mail: with CRLF.
    init(_ mail: String) { read(mail.components(separatedBy: "\r\n")[...], depth: 0) }

    private mutating func read(_ lines: ArraySlice<String>, depth: Int) {
        let (headers, body) = Self.headers(lines)
        let type = headers["content-type"] ?? "text/plain"
        if type.lowercased().hasPrefix("multipart/") {
            guard depth < 5, let boundary = MultipartForm.parameter("boundary", of: type) else {
                problem = "a multipart without a boundary"
                return
            }
            for part in parts(of: body, boundary) { read(part, depth: depth + 1) }
        } else if let disposition = headers["content-disposition"] {
            take(headers, type, disposition, body)
        }
    }

    private mutating func take(
        _ headers: [String: String], _ type: String, _ disposition: String, _ body: ArraySlice<String>
    ) {
        let isBase64 = headers["content-transfer-encoding"]?.lowercased() == "base64"
        if isBase64, body.contains(where: { $0.utf8.count > 76 }) { problem = "a line of base64 is too long" }
        let id = headers["content-id"].map { $0.filter { $0 != "<" && $0 != ">" } }
        let name = Self.name(in: disposition)
        let mediaType = String(type.prefix { $0 != ";" })
        guard isBase64 else {
            let bytes = Data(body.joined(separator: "\r\n").utf8)
            return files.append(SubmittedFile(name: name, mediaType: mediaType, contentID: id, bytes: bytes))
        }
        guard
            let file = SubmittedFile(name: name, mediaType: mediaType, contentID: id, base64: body.joined())
        else { return problem = "an attachment is not base64" }
        files.append(file)
    }

    private mutating func parts(of lines: ArraySlice<String>, _ boundary: String) -> [ArraySlice<String>] {
        var parts: [ArraySlice<String>] = []
        var start: Int?
        for (index, line) in zip(lines.indices, lines) where line.hasPrefix("--\(boundary)") {
            if let start { parts.append(lines[start..<index]) }
            start = index + 1
            if line == "--\(boundary)--" { return parts }
        }
        problem = "a multipart without its end"
        return parts
    }

    private static func headers(_ lines: ArraySlice<String>) -> ([String: String], ArraySlice<String>) {
        let end = lines.firstIndex(of: "") ?? lines.endIndex
        var unfolded: [String] = []
        for line in lines[..<end] {
            if line.hasPrefix(" ") || line.hasPrefix("\t"), !unfolded.isEmpty {
                unfolded[unfolded.count - 1] += line
            } else {
                unfolded.append(line)
            }
        }
        var headers: [String: String] = [:]
        for line in unfolded {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].drop { $0 == " " }.description
        }
        return (headers, lines[end...].dropFirst())
    }

    /// `filename`, or its encoded sections (RFC 2231) together.
    private static func name(in disposition: String) -> String {
        if let plain = MultipartForm.parameter("filename", of: disposition) {
            return plain.replacing("\\\"", with: "\"").replacing("\\\\", with: "\\")
        }
        var text = MultipartForm.parameter("filename*", of: disposition) ?? ""
        var index = 0
        while let section = MultipartForm.parameter("filename*\(index)*", of: disposition) {
            text += section
            index += 1
        }
        let prefix = "UTF-8''"
        guard text.hasPrefix(prefix) else { return text }
        let encoded = text.dropFirst(prefix.count).replacing("+", with: "%2B")
        return FormFields(ByteBuffer(string: "name=\(encoded)"))?["name"] ?? ""
    }
}
