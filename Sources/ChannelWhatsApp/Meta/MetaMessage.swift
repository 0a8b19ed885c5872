import ChannelSDK

/// One message as Meta's `messages` endpoint takes it: text, media by link, or a template.
struct MetaMessage: Encodable {
    enum Content {
        case text(String, previewsURLs: Bool)
        case media(MetaMedia)
        case template(MetaTemplate)
    }

    /// In E.164; goes out without its `+`.
    let recipient: String
    let delivery: DeliveryID
    let content: Content

    private enum Key: String, CodingKey {
        case messaging_product, recipient_type, to, type, text, template
        /// Comes back in every status report of the message.
        case biz_opaque_callback_data
    }

    private struct Text: Encodable {
        let body: String
        let preview_url: Bool
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode("whatsapp", forKey: .messaging_product)
        try fields.encode("individual", forKey: .recipient_type)
        try fields.encode(String(recipient.drop { $0 == "+" }), forKey: .to)
        try fields.encode(delivery.description, forKey: .biz_opaque_callback_data)
        switch content {
        case .text(let body, let previewsURLs):
            try fields.encode("text", forKey: .type)
            try fields.encode(Text(body: body, preview_url: previewsURLs), forKey: .text)
        case .media(let media): try media.encode(to: encoder)
        case .template(let template):
            try fields.encode("template", forKey: .type)
            try fields.encode(template, forKey: .template)
        }
    }
}
