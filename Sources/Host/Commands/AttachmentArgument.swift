import ArgumentParser
import Foundation

/// `PATH`, whose ending tells the media type, or `PATH:TYPE/SUBTYPE`.
struct AttachmentArgument: ExpressibleByArgument {
    /// As `POST /notifications` takes it.
    struct File: Encodable {
        let name, mediaType, data: String
    }

    private let path: String
    private let mediaType: String?

    init?(argument: String) {
        if let colon = argument.lastIndex(of: ":"), case let type = argument[argument.index(after: colon)...],
            type.split(separator: "/", omittingEmptySubsequences: false).count == 2, !type.hasPrefix("/")
        {
            (path, mediaType) = (String(argument[..<colon]), String(type))
        } else {
            (path, mediaType) = (argument, nil)
        }
        if path.isEmpty { return nil }
    }

    func read() throws -> File {
        let url = URL(fileURLWithPath: path)
        do {
            let data = try Data(contentsOf: url)
            return File(
                name: url.lastPathComponent, mediaType: mediaType ?? Self.mediaType(of: url.pathExtension),
                data: data.base64EncodedString())
        } catch {
            throw ValidationError("--attach \(path): the file can't be read: \(error.localizedDescription)")
        }
    }

    private static func mediaType(of ending: String) -> String {
        switch ending.lowercased() {
        case "pdf": "application/pdf"
        case "txt", "log", "md": "text/plain"
        case "html", "htm": "text/html"
        case "csv": "text/csv"
        case "ics": "text/calendar"
        case "json": "application/json"
        case "xml": "application/xml"
        case "zip": "application/zip"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "gif": "image/gif"
        case "webp": "image/webp"
        case "svg": "image/svg+xml"
        case "doc": "application/msword"
        case "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        case "xls": "application/vnd.ms-excel"
        case "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        case "ppt": "application/vnd.ms-powerpoint"
        case "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        default: "application/octet-stream"
        }
    }
}
