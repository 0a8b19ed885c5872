import NIOCore

/// A request to send a message, checked as the Cloud API checks it.
struct MetaRequest: Sendable {
    private static let longestText = 4096
    private static let types: Set = [
        "text", "template", "image", "video", "audio", "document", "sticker", "location", "contacts", "interactive",
        "reaction",
    ]

    /// As the request has it.
    let to: String
    /// Its digits.
    let recipient: String
    let type: String
    /// The text, or the name of the template, or the link to the media: what the ledger's hash is of.
    let body: String
    /// What comes back in every status.
    let callbackData: String?

    var isTemplate: Bool { type == "template" }

    /// The first thing that is wrong.
    init(_ body: ByteBuffer) throws(MetaError) {
        guard let json = JSONParser.parse(body), json.isObject else { throw .unreadable }
        guard json["messaging_product"]?.text == "whatsapp" else { throw .product }
        guard let to = json["to"]?.nonEmpty else { throw .missing("to") }
        self.to = to
        recipient = String(to.unicodeScalars.filter { ("0"..."9").contains($0) })
        guard (7...15).contains(recipient.utf8.count), to.allSatisfy({ "+-() ".contains($0) || $0.isNumber }) else {
            throw .invalid("to", "it is no phone number")
        }
        let data = json["biz_opaque_callback_data"]?.nonEmpty
        if let data, data.utf8.count > 512 {
            throw .invalid("biz_opaque_callback_data", "it is longer than 512 characters")
        }
        callbackData = data
        type = json["type"]?.text ?? "text"
        guard Self.types.contains(type) else {
            throw .known(131051, details: "Message type '\(type)' is not supported")
        }
        guard let content = json[type], content.isObject || content.elements != nil else { throw .missing(type) }
        self.body = try Self.body(content, type)
    }

    private static func body(_ content: JSON, _ type: String) throws(MetaError) -> String {
        switch type {
        case "text":
            guard let text = content["body"]?.nonEmpty else { throw .missing("text['body']") }
            guard text.unicodeScalars.count <= longestText else {
                throw MetaError(
                    status: 400, code: 100,
                    message: "(#100) Param text['body'] must be at most \(longestText) characters long.")
            }
            return text
        case "template":
            guard let name = content["name"]?.nonEmpty else { throw .missing("template['name']") }
            guard content["language"]?["code"]?.nonEmpty != nil else { throw .missing("template['language']['code']") }
            return name
        case "image", "video", "audio", "document", "sticker":
            guard let media = content["link"]?.nonEmpty ?? content["id"]?.nonEmpty else {
                throw .missing("\(type)['link']")
            }
            return media
        default: return String(buffer: ByteBuffer(json: content))
        }
    }
}
