import ChannelSDK
import FoundationEssentials

extension MessageAttachment {
    /// In one line.
    var base64: String { Data(bytes ?? []).base64EncodedString() }
}

extension EmailContent {
    /// What is wrong with the attachments of a mail.
    /// - Parameter takesLinks: the provider fetches attachments from addresses.
    static func attachmentProblems(_ attachments: [MessageAttachment], takesLinks: Bool) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        for (index, attachment) in attachments.enumerated() {
            let field = "attachments[\(index)]"
            problems += attachment.problems(at: field)
            if attachment.link != nil, !takesLinks {
                problems.append(
                    .init(
                        field: "\(field).url",
                        message: "can't be sent: this provider fetches no attachments, give the bytes as 'data'"))
            }
            // Whole mails and multiparts must not be encoded (RFC 2046), and what is not encoded does not survive.
            if ["message/", "multipart/"].contains(where: attachment.mediaType.hasPrefix) {
                problems.append(
                    .init(
                        field: "\(field).mediaType",
                        message: "can't be attached as it is: call it application/octet-stream"))
            }
        }
        let ids = attachments.compactMap(\.contentID)
        if Set(ids).count < ids.count {
            problems.append(.init(field: "attachments", message: "have one contentId twice: HTML could mean either"))
        }
        return problems
    }
}
