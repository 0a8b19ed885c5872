import ChannelSDK

/// One element of `messages`: what somebody sent to us.
struct MetaInbound: Decodable {
    private let id: String?
    private let sender: String?
    private let occurredAt: Timestamp?
    private let body: String?
    /// What was typed: a button that says "Yes" answers a question of ours.
    private let typed: String?
    /// Meta's ids of media.
    private let media: [String]

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        id = fields.text(.id)
        // A user who hides the number is known by an id only.
        sender = fields.text(.from).map(PhoneNumber.international) ?? fields.text(.from_user_id)
        occurredAt = fields.timestamp(.timestamp)
        let attachments = Self.mediaKinds.compactMap { fields.object($0, as: Part.self) }
        media = attachments.compactMap(\.id)
        let parts = Self.textKinds.lazy.compactMap { fields.object($0, as: Part.self)?.text }
        typed = fields.object(.text, as: Part.self)?.text
        body = parts.first ?? attachments.lazy.compactMap(\.text).first
    }

    /// Nil when it does not say who sent what.
    /// - Parameter apiURL: where media are fetched, by their ids and with the access token.
    func message(to recipient: String, apiURL: String) -> InboundMessage? {
        guard let id, let sender else { return nil }
        return InboundMessage(
            providerMessageID: id, sender: sender, recipient: recipient, body: body ?? "",
            media: media.map { "\(apiURL)/\(FormEncoding.percentEncode($0))" }, occurredAt: occurredAt,
            intent: typed.flatMap(ReplyKeyword.intent))
    }

    private enum Key: String, CodingKey {
        case id, from, from_user_id, timestamp
        case text, button, interactive, reaction, location, system
        case image, video, audio, document, sticker
    }

    private static let textKinds: [Key] = [.text, .button, .interactive, .reaction, .location, .system]
    private static let mediaKinds: [Key] = [.image, .video, .audio, .document, .sticker]
}

extension MetaInbound {
    /// What stands under the name of the message's type. Each type has its own field for what a person would read.
    private struct Part: Decodable {
        let id: String?
        let text: String?

        private enum Key: String, CodingKey {
            case id, body, text, caption, emoji, title, latitude, longitude
            case button_reply, list_reply, nfm_reply
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            id = fields.text(.id)
            let plain = [Key.body, .text, .caption, .emoji, .title].lazy.compactMap { fields.text($0) }.first
            let replies = [Key.button_reply, .list_reply, .nfm_reply]
            text =
                plain ?? replies.lazy.compactMap { fields.object($0, as: Part.self)?.text }.first ?? Self.place(fields)
        }

        private static func place(_ fields: KeyedDecodingContainer<Key>) -> String? {
            guard let latitude: Double = fields.object(.latitude), let longitude: Double = fields.object(.longitude)
            else {
                return nil
            }
            return "\(latitude),\(longitude)"
        }
    }
}
