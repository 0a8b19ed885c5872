public import ChannelSDK

/// Makes notifications of one partition of `notification.status.change`, without I/O: it is told what happened and says
/// what to do next, one effect at a time.
///
/// For each batch: match the subscriptions → append to `notification.requested` → commit the offset. What a crash brings
/// back comes under the same ids, and the projector drops it.
public struct CallbackMachine: Sendable {
    public enum Event: Sendable {
        case records([LogRecord], now: Timestamp)
        case appended
        case committed
    }

    public enum Effect: Sendable {
        case append([(topic: Topic, batch: RecordBatch)])
        case commit(Int64)
        case finish
    }

    /// The option of a callback's content that carries the event's id; its body is the event.
    public static let eventOption = "event_id"

    private let partition: Int
    private let subscriptions: [CallbackSubscription]
    private var end: Int64 = 0

    public init(partition: Int, subscriptions: [CallbackSubscription]) {
        self.partition = partition
        self.subscriptions = subscriptions
    }

    public mutating func handle(_ event: Event) -> Effect {
        switch event {
        case .records(let records, let now): begin(records, now)
        case .appended: .commit(end)
        case .committed: .finish
        }
    }

    /// Puts a record that ends runs aside instead of processing it.
    public mutating func quarantine(_ record: LogRecord) -> Effect {
        end = record.offset + 1
        var deadLetters = RecordBatch()
        letter(.quarantined, DeadLetter.endedTwoRuns, record).append(to: &deadLetters, value: record.value)
        return .append([(.deadLetter, deadLetters)])
    }

    private mutating func begin(_ records: [LogRecord], _ now: Timestamp) -> Effect {
        end = (records.last?.offset ?? end - 1) + 1
        var callbacks = RecordBatch()
        var deadLetters = RecordBatch()
        for record in records {
            guard let change = UntrustedJSON.decode(PublishedChange.self, from: record.value),
                let event = PublishedEvent(record)
            else {
                letter(.undecodable, "it is no status change in JSON", record)
                    .append(to: &deadLetters, value: record.value)
                continue
            }
            add(event, change, now, to: &callbacks)
        }
        var batches: [(topic: Topic, batch: RecordBatch)] = []
        if !callbacks.isEmpty { batches.append((.notificationRequested, callbacks)) }
        if !deadLetters.isEmpty { batches.append((.deadLetter, deadLetters)) }
        return batches.isEmpty ? .commit(end) : .append(batches)
    }

    private func add(
        _ event: PublishedEvent, _ change: PublishedChange, _ now: Timestamp, to batch: inout RecordBatch
    ) {
        // Nobody is called back about callbacks, or it would never end.
        guard !CallbackChannel.isName(change.channel) else { return }
        var body: String?
        for subscription in subscriptions where subscription.wants(change) {
            let expiry = event.time + subscription.giveUpAfter
            guard expiry > now else { continue }
            let text = body ?? event.structured
            body = text
            let callback = AcceptedNotification(
                id: NotificationID(callbackOf: subscription.name, about: event.id), account: change.account,
                externalID: nil, urgency: .normal, steps: [subscription.channel], acceptedAt: now, expiresAt: expiry,
                payload: .init(
                    content: MessageContent(
                        recipient: subscription.name, body: text, options: [Self.eventOption: event.id])))
            batch.append(key: callback.id) { callback.write(to: &$0) }
        }
    }

    private func letter(_ reason: DeadLetter.Reason, _ detail: String, _ record: LogRecord) -> DeadLetter {
        DeadLetter(
            reason: reason, detail: detail, topic: .statusChange,
            position: LogPosition(partition: partition, offset: record.offset), channel: nil)
    }
}
