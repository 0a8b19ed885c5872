import ChannelSDK
import Pipeline

extension NotificationView {
    /// The whole notification for people and programs.
    func write(to json: inout JSONWriter, laws: LawBook, now: Timestamp, obstacle: (String) -> Waiting?) {
        let content = try? payload.decoded()
        let standing = state.standing(laws: laws)
        json.object { json in
            state.writeHead(to: &json, standing: standing, content: content?.content)
            content?.window.write(to: &json)
            json.member("body", content?.content.body)
            if let content {
                json.member("tags", content.content.tags)
                json.member("options", content.content.options)
                if !content.content.attachments.isEmpty { write(content.content.attachments, to: &json) }
                json.member("metadata", content.metadata)
            }
            json.member("acceptedAt", acceptedAt.description)
            json.member("sequence", state.sequence)
            json.member(
                "deliveries",
                array: { array in
                    for delivery in state.deliveries { write(delivery, to: &array, now, obstacle) }
                })
        }
    }

    /// Without their bytes.
    private func write(_ attachments: [MessageAttachment], to json: inout JSONWriter) {
        json.member(
            "attachments",
            array: { array in
                for attachment in attachments {
                    array.object { json in
                        json.member("name", attachment.name)
                        json.member("mediaType", attachment.mediaType)
                        if let bytes = attachment.bytes { json.member("size", bytes.count) }
                        json.member("url", attachment.link)
                        json.member("contentId", attachment.contentID)
                    }
                }
            })
    }

    private func write(
        _ delivery: DeliveryState, to json: inout JSONWriter, _ now: Timestamp, _ obstacle: (String) -> Waiting?
    ) {
        json.object { json in
            json.member("id", delivery.id.description)
            json.member("channel", delivery.channel)
            json.member("status", delivery.status.rawValue)
            json.member("settlement", delivery.settlement.rawValue)
            json.member("attempts", delivery.attempts)
            json.member("providerMessageId", delivery.providerMessageID)
            if let segments = delivery.segments { json.member("segments", segments) }
            json.member("code", delivery.detail.code)
            json.member("message", delivery.detail.message)
            json.member("occurredAt", delivery.detail.occurredAt?.description)
            json.member("updatedAt", delivery.updatedAt.description)
            if let waiting = waiting(delivery, now, obstacle) {
                json.member(
                    "waiting",
                    object: { json in
                        json.member("reason", waiting.reason.rawValue)
                        json.member("until", waiting.until?.description)
                    })
            }
            json.member(
                "timeline",
                array: { array in
                    for entry in timeline where entry.delivery == delivery.id { write(entry, to: &array) }
                })
        }
    }

    /// Nothing waits silently: what is not settled, not in flight and has no reason of its own waits for its channel.
    private func waiting(
        _ delivery: DeliveryState, _ now: Timestamp, _ obstacle: (String) -> Waiting?
    ) -> Waiting? {
        guard delivery.settlement == .open, !claimed.contains(delivery.id) else { return nil }
        guard delivery.status == .accepted else { return delivery.waiting }
        guard delivery.waiting?.reason == .scheduled else { return obstacle(delivery.channel) ?? delivery.waiting }
        // Until then the channel does not matter, and from then on nothing else does.
        return delivery.waiting?.until.map { $0 > now } == true ? delivery.waiting : obstacle(delivery.channel)
    }

    private func write(_ entry: TimelineEntry, to json: inout JSONWriter) {
        json.object { json in
            json.member("at", entry.at.description)
            json.member("kind", entry.kind.rawValue)
            json.member("reported", entry.reported)
            json.member("status", entry.change?.status.rawValue)
            json.member("previousStatus", entry.change?.previous?.rawValue)
            if let change = entry.change { json.member("sequence", change.sequence) }
            json.member("settlement", entry.change?.settlement.rawValue)
            if entry.change?.isLate == true { json.member("late", true) }
            json.member("withoutEffect", entry.withoutEffect)
            json.member("code", entry.detail.code)
            json.member("message", entry.detail.message)
            json.member("occurredAt", entry.detail.occurredAt?.description)
        }
    }
}

extension SendWindow {
    /// The members of an object.
    func write(to json: inout JSONWriter) {
        json.member("notBefore", notBefore?.description)
        json.member("expiresAt", expiresAt?.description)
    }
}

extension NotificationState {
    /// What a notification says of itself wherever it is shown.
    func writeHead(to json: inout JSONWriter, standing: DeliveryState, content: MessageContent?) {
        json.member("id", id.description)
        json.member("externalId", externalID)
        json.member("status", standing.status.rawValue)
        json.member("settlement", standing.settlement.rawValue)
        json.member("class", urgency.name)
        json.member("channels", steps)
        json.member("to", content?.recipient)
        json.member("subject", content?.subject)
    }
}
