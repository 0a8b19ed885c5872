/// A file that goes along with a message.
public struct MessageAttachment: Sendable, Hashable {
    /// The file itself, or where it is.
    public enum Content: Sendable, Hashable {
        /// The file itself.
        case bytes([UInt8])
        /// An https address from which the provider fetches it itself, for providers that do.
        case link(String)
    }

    /// As the recipient sees it, without a path, e.g. `invoice.pdf`.
    public var name: String
    /// Without parameters, e.g. `application/pdf`.
    public var mediaType: String
    /// The file itself, or where it is.
    public var content: Content
    /// By which HTML shows it in its place, as `cid:…`; nil: it stands beside the text.
    public var contentID: String?

    public init(name: String, mediaType: String, content: Content, contentID: String? = nil) {
        self.name = name
        self.mediaType = mediaType
        self.content = content
        self.contentID = contentID
    }

    /// Nil for a link.
    public var bytes: [UInt8]? {
        if case .bytes(let bytes) = content { bytes } else { nil }
    }

    /// Nil for a file that is at hand.
    public var link: String? {
        if case .link(let link) = content { link } else { nil }
    }
}

extension MessageAttachment {
    /// What is wrong with it, whatever the channel: name, media type and content id become parts of headers, and the
    /// name perhaps of a file's path.
    /// - Parameter field: how the request names it, e.g. `attachments[0]`.
    public func problems(at field: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if let rule = Self.rule(brokenBy: name) { problems.append(.init(field: "\(field).name", message: rule)) }
        if !Self.isMediaType(mediaType) {
            problems.append(
                .init(
                    field: "\(field).mediaType",
                    message: "must be a type and a subtype without parameters, e.g. application/pdf"))
        }
        if let contentID, !Self.isContentID(contentID) {
            problems.append(
                .init(
                    field: "\(field).contentId",
                    message: "must be 1 to 78 letters, digits and any of '.', '-', '_', '+', '@', as 'cid:' names it"))
        }
        if let link, !Self.isLink(link) {
            problems.append(.init(field: "\(field).url", message: "must be an https address"))
        }
        return problems
    }

    private static func rule(brokenBy name: String) -> String? {
        if name.isEmpty || name == "." || name == ".." { return "must be the name of a file" }
        if name.utf8.count > 255 { return "is longer than 255 bytes" }
        if name.contains(where: { $0 == "/" || $0 == "\\" }) { return "must be a name without a path" }
        let isPlain = name.unicodeScalars.allSatisfy {
            let category = $0.properties.generalCategory
            // Marks of direction make `fdp.exe` read as another name than it is.
            return category != .control && category != .format && category != .lineSeparator
                && category != .paragraphSeparator
        }
        return isPlain ? nil : "must not have control characters"
    }

    /// Two restricted names (RFC 6838).
    private static func isMediaType(_ text: String) -> Bool {
        let names = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return names.count == 2
            && names.allSatisfy { name in
                (1...127).contains(name.count) && isAlphanumeric(name.first ?? 0)
                    && name.allSatisfy { isAlphanumeric($0) || "!#$&-^_.+".utf8.contains($0) }
            }
    }

    private static func isContentID(_ text: String) -> Bool {
        (1...78).contains(text.utf8.count)
            && text.utf8.allSatisfy { isAlphanumeric($0) || ".-_+@".utf8.contains($0) }
    }

    private static func isLink(_ text: String) -> Bool {
        let scheme = "https://"
        return text.hasPrefix(scheme) && text.utf8.count > scheme.utf8.count && text.utf8.count <= 2048
            && text.utf8.allSatisfy { (33...126).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte | 0x20)
    }
}
