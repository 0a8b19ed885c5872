import ChannelSDK
import FoundationEssentials

/// A message as FCM wants it.
struct PushMessage: Encodable {
    struct Notification: Encodable {
        let title: String?
        let body: String
        let image: String?
    }

    struct Android: Encodable {
        let collapse_key: String?
        let priority: String?
    }

    let token: String
    let notification: Notification
    let android: Android?
    /// The app gets these; receipts name the delivery by what is here.
    let data: [String: String]

    init(_ message: OutboundMessage) {
        let content = message.content
        token = content.recipient
        notification = Notification(title: content.subject, body: content.body, image: content.options["image"])
        let (collapseKey, priority) = (content.options["collapse_key"], content.options["priority"])
        android = collapseKey == nil && priority == nil ? nil : Android(collapse_key: collapseKey, priority: priority)
        var data = ["delivery": message.delivery.description]
        if let link = content.options["link"] { data["link"] = link }
        self.data = data
    }

    var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings alone: nothing that could not be written.
        return (try? encoder.encode(["message": self])).map { Array($0) } ?? []
    }

    static func problems(of content: MessageContent) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let isToken =
            !content.recipient.isEmpty && content.recipient.utf8.count <= 4096
            && content.recipient.utf8.allSatisfy { (33...126).contains($0) }
        if !isToken { problems.append(.init(field: "to", message: "must be a registration token of the app")) }
        if !content.attachments.isEmpty {
            problems.append(.init(field: "attachments", message: "can't be sent by push; link to them by options.link"))
        }
        if let priority = content.options["priority"], priority != "high", priority != "normal" {
            problems.append(.init(field: "options.priority", message: "must be 'high' or 'normal'"))
        }
        for name in ["image", "link"] {
            guard let link = content.options[name], !link.hasPrefix("https://") else { continue }
            problems.append(.init(field: "options.\(name)", message: "must be an https address"))
        }
        // FCM counts title, body and data; the rest of the room is for what is put beside them here.
        let size =
            content.body.utf8.count + (content.subject?.utf8.count ?? 0) + (content.options["link"]?.utf8.count ?? 0)
        if size > 3900 {
            problems.append(.init(field: "body", message: "is \(size) bytes with subject and link: 3900 are taken"))
        }
        return problems
    }
}
