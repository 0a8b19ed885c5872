import ChannelSDK
import Pipeline

extension AcceptedNotification {
    /// A notification of account `acme` on channel `sms`.
    static func sample(
        _ number: Int, account: String = "acme", urgency: NotificationClass = .normal, steps: [String] = ["sms"],
        acceptedAt: Int64 = 1000, notBefore: Int64? = nil, body: String = "hello"
    ) -> AcceptedNotification {
        AcceptedNotification(
            id: .numbered(number), account: account, externalID: number.isMultiple(of: 2) ? "order-\(number)" : nil,
            urgency: urgency, steps: steps, acceptedAt: Timestamp(milliseconds: acceptedAt),
            notBefore: notBefore.map { Timestamp(milliseconds: $0) },
            expiresAt: number.isMultiple(of: 3) ? Timestamp(milliseconds: 9_000_000) : nil,
            payload: Payload(bytes: Array("\(body) \(number)".utf8)))
    }
}

extension AcceptedNotification {
    /// A request for template `hello` with the variable `name`, of which the host made `text`.
    static func templated(_ number: Int, name: String, text: String) -> AcceptedNotification {
        let asked = MessageContent(recipient: "+15550100", body: "")
        var made = asked
        made.body = text
        var notification = sample(number)
        notification.payload = Payload(
            content: made, contents: [:],
            request: RequestFingerprint(
                template: "hello", locale: nil, variables: ["name": name], content: asked, metadata: [:]))
        return notification
    }
}

extension AcceptedNotification {
    /// A request with a file of `size` bytes.
    static func attached(_ number: Int, size: Int, byte: UInt8 = 7) -> AcceptedNotification {
        var notification = sample(number)
        notification.payload = Payload(
            content: MessageContent(
                recipient: "ada@example.com", body: "see below", subject: "A file",
                attachments: [
                    .init(
                        name: "a.bin", mediaType: "application/octet-stream",
                        content: .bytes(Array(repeating: byte, count: size)))
                ]))
        return notification
    }
}

extension OwnerID {
    static let first = OwnerID("owner-1")
    static let second = OwnerID("owner-2")
}

extension Timestamp {
    static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }
}

extension DeliveryID {
    static func numbered(_ number: Int, _ ordinal: UInt16 = 1) -> DeliveryID {
        DeliveryID(notification: .numbered(number), ordinal: ordinal)
    }
}

extension ProjectionStore {
    /// Projects `notifications` as a new owner of `partition` of the projector.
    @discardableResult
    func project(
        _ notifications: [AcceptedNotification], claimed: Bool = false, owner: OwnerID = .first, partition: Int = 0
    ) async throws -> ProjectionReceipt {
        let progress = try await beginEpoch(.projector, partition: partition)
        return try await project(
            Projection(
                fence: progress.fence, nextOffset: progress.nextOffset + Int64(notifications.count), owner: owner,
                rows: notifications.map { .init(notification: $0, graphVersion: 3, isClaimed: claimed) }))
    }
}

extension ApplicationStore {
    /// Applies what `change` makes, as a new owner of partition 0 of the applier.
    @discardableResult
    func apply(
        to next: Int64? = nil, _ change: (inout Application) throws -> Void
    ) async throws -> [ParkedReport] {
        let progress = try await beginEpoch(.applier, partition: 0)
        var application = Application(fence: progress.fence, nextOffset: next ?? progress.nextOffset + 1)
        try change(&application)
        return try await apply(application)
    }

    func state(_ number: Int) async throws -> NotificationState? {
        try await load([.numbered(number)]).first
    }
}

extension DispatchStore {
    func claim(
        _ count: Int, at now: Int64 = 1_000_000, owner: OwnerID = .first, channel: String = "sms",
        account: String = "acme", urgency: NotificationClass = .normal
    ) async throws -> [ClaimedDelivery] {
        let pick = ClaimOrder.Pick(share: ReadyShare(urgency: urgency, account: account), count: count)
        return try await claim(ClaimOrder(channel: channel, owner: owner, now: .at(now), picks: [pick]))
    }
}

extension NotificationState {
    /// That the delivery is `delivery` from now on, be it one of these or a new one.
    func update(_ delivery: DeliveryState) -> Application.Update {
        let former = deliveries.first { $0.id == delivery.id }
        return .init(row: row, delivery: delivery, before: former.map { .init($0) })
    }

    func entry(
        _ offset: Int64, kind: TimelineEntry.Kind = .report, ordinal: Int = 1, change: TimelineEntry.Change? = nil
    ) -> TimelineEntry {
        TimelineEntry(
            delivery: deliveries[ordinal - 1].id, row: row, source: LogPosition(partition: 0, offset: offset),
            kind: kind, at: .at(5000 + offset), reported: "sent", change: change)
    }

    func ready(due: Int64, attempt: Int = 2, errand: Errand = .send, ordinal: Int = 1) -> Application.Ready {
        Application.Ready(
            row: row, delivery: deliveries[ordinal - 1].id, channel: deliveries[ordinal - 1].channel,
            account: account, urgency: urgency, errand: errand, attempt: attempt, due: .at(due))
    }

    func endedClaim(attempt: Int) -> Application.EndedClaim {
        Application.EndedClaim(delivery: deliveries[0].id, row: row, attempt: attempt)
    }
}

extension TimelineEntry.Change {
    static func numbered(_ sequence: Int) -> TimelineEntry.Change {
        TimelineEntry.Change(
            sequence: sequence, previous: sequence == 1 ? nil : "queued", status: "sent",
            settlement: sequence.isMultiple(of: 2) ? .closed : .settled, notificationStatus: "sent",
            isLate: sequence.isMultiple(of: 2), segments: sequence == 1 ? nil : sequence)
    }
}

extension CorrelationQuestion {
    static func about(
        _ key: CorrelationKey, source: Int64, index: Int = 0, receivedAt: Int64 = 1000
    ) -> CorrelationQuestion {
        CorrelationQuestion(
            key: key, source: LogPosition(partition: 0, offset: source), index: index, receivedAt: .at(receivedAt),
            channel: "sms", report: Array("report \(source)/\(index)".utf8))
    }
}
