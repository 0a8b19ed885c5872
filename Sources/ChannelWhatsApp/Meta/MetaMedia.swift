import ChannelSDK

/// A picture, recording or document that Meta fetches from a link.
struct MetaMedia {
    enum Kind: String, CaseIterable, Sendable {
        case image, video, audio, document, sticker

        /// Whether text may go with it.
        var hasCaption: Bool { self != .audio && self != .sticker }

        /// By the ending of the link's path; nil when that says nothing.
        init?(url: String) {
            let path = url.prefix { $0 != "?" && $0 != "#" }
            guard let name = path.split(separator: "/").dropFirst(2).last, let dot = name.lastIndex(of: ".") else {
                return nil
            }
            switch name[name.index(after: dot)...].lowercased() {
            case "jpg", "jpeg", "png": self = .image
            case "mp4", "3gp": self = .video
            case "aac", "amr", "mp3", "m4a", "ogg", "opus": self = .audio
            case "pdf", "txt", "doc", "docx", "xls", "xlsx", "ppt", "pptx": self = .document
            case "webp": self = .sticker
            default: return nil
            }
        }
    }

    let kind: Kind
    let link: String
    var caption: String?
    /// Of a document, as the recipient sees it.
    let filename: String?

    /// Nil without `media_url`, or when nothing tells what it is.
    init?(_ options: [String: String], caption: String?) {
        guard let link = options["media_url"] else { return nil }
        guard let kind = options["media_type"].map(Kind.init(rawValue:)) ?? Kind(url: link) else { return nil }
        self.kind = kind
        self.link = link
        self.caption = kind.hasCaption ? caption.flatMap { $0.isEmpty ? nil : $0 } : nil
        filename = kind == .document ? options["media_filename"] : nil
    }
}

extension MetaMedia: Encodable {
    struct Link: Encodable {
        let link: String
        let caption: String?
        let filename: String?
    }

    var body: Link { Link(link: link, caption: caption, filename: filename) }

    /// As a template's parameter: `{"type": "image", "image": {"link": …}}`. A message has the same two fields.
    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: FieldName.self)
        try fields.encode(kind.rawValue, forKey: FieldName("type"))
        try fields.encode(body, forKey: FieldName(kind.rawValue))
    }
}

/// A field whose name is known at run time only.
struct FieldName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
