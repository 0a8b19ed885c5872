import ChannelSDK

/// One element of `statuses`: what became of a message of ours.
struct MetaStatus: Decodable {
    private let id: String?
    private let word: String?
    private let occurredAt: Timestamp?
    private let delivery: DeliveryID?
    private let error: MetaError?

    private enum Key: String, CodingKey { case id, status, timestamp, errors, biz_opaque_callback_data }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        id = fields.text(.id)
        word = fields.text(.status)
        occurredAt = fields.timestamp(.timestamp)
        delivery = fields.text(.biz_opaque_callback_data).flatMap { DeliveryID($0) }
        error = fields.list(.errors, of: MetaError.self)?.lazy.compactMap(\.self).first
    }

    /// Nil when it does not say of which message, or what.
    var report: StatusReport? {
        guard let word, id != nil || delivery != nil else { return nil }
        let known = error?.code.flatMap(MetaErrorCodes.known)
        return StatusReport(
            delivery: delivery, providerMessageID: id, kind: Self.kind(of: word), occurredAt: occurredAt,
            code: error?.code.map(String.init),
            detail: known?.explanation(error?.words, remedy: MetaErrorCodes.remedy) ?? error?.words)
    }

    private static func kind(of word: String) -> StatusReport.Kind {
        switch word {
        case "sent": .status(.sent)
        case "delivered": .status(.delivered)
        // A voice message that was played was seen; "read" comes for it too, but it may come later, or not at all.
        case "read", "played": .status(.read)
        case "failed": .status(.failed)
        // The recipient removed it, which takes nothing back of what became of it before.
        case "deleted": .engagement("deleted")
        default: .unknown(word)
        }
    }
}

extension KeyedDecodingContainer {
    /// Seconds since 1970, as Meta documents, or milliseconds, which have been seen: no second of ours has twelve digits.
    func timestamp(_ key: Key) -> Timestamp? {
        guard let number = integer(key).map(Int64.init), number > 0 else { return nil }
        return number < 100_000_000_000 ? Timestamp(seconds: number) : Timestamp(milliseconds: number)
    }
}
