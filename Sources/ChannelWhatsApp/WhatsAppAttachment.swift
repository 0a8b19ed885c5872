import ChannelSDK

/// A request's attachment as WhatsApp carries it: one medium, which the provider fetches from its address. It says the
/// same as the options `media_url`, `media_type` and `media_filename`.
struct WhatsAppAttachment {
    /// What is wrong with attachments, whoever the provider is.
    static func problems(in content: MessageContent) -> [FieldProblem] {
        let attachments = content.attachments
        if attachments.isEmpty { return [] }
        if attachments.count > 1 {
            return [FieldProblem(field: "attachments", message: "are too many: a message carries one medium")]
        }
        if content.options["media_url"] != nil {
            return [FieldProblem(field: "attachments", message: "stand beside options.media_url: give one of them")]
        }
        if attachments[0].link == nil {
            let message = "can't be sent: WhatsApp fetches media itself, give their https address as 'url'"
            return [FieldProblem(field: "attachments[0].data", message: message)]
        }
        return attachments[0].problems(at: "attachments[0]")
    }

    /// How media types are called here; nil: WhatsApp carries none of that type.
    static func kind(ofMediaType type: String) -> String? {
        switch type {
        case "image/jpeg", "image/png": "image"
        case "image/webp": "sticker"
        case "video/mp4", "video/3gpp": "video"
        case "audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/opus": "audio"
        case "text/plain", "application/pdf", "application/msword", "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation":
            "document"
        default: nil
        }
    }

    /// `content` with its attachment as options, and what is wrong with it otherwise.
    static func problems(
        in content: MessageContent, _ others: (MessageContent) -> [FieldProblem]
    ) -> [FieldProblem] {
        guard let attachment = content.attachments.first else { return others(content) }
        var problems = problems(in: content)
        if problems.isEmpty, kind(ofMediaType: attachment.mediaType) == nil {
            let message = "is none that WhatsApp carries: it takes images, video, audio and office documents"
            problems.append(FieldProblem(field: "attachments[0].mediaType", message: message))
        }
        // The option is not the request's own: what is wrong with it is wrong with the attachment.
        for problem in others(content.withMediaOptions) {
            guard problem.field.hasPrefix("options.media_") else {
                problems.append(problem)
                continue
            }
            let isKnown = problems.contains { $0.field.hasPrefix("attachments") }
            if !isKnown { problems.append(FieldProblem(field: "attachments[0]", message: problem.message)) }
        }
        return problems
    }
}

extension MessageContent {
    /// The attachment as the options that say the same.
    var withMediaOptions: MessageContent {
        guard let attachment = attachments.first, let link = attachment.link else { return self }
        var content = self
        content.attachments = []
        content.options["media_url"] = link
        content.options["media_type"] = WhatsAppAttachment.kind(ofMediaType: attachment.mediaType)
        content.options["media_filename"] = attachment.name
        return content
    }
}
