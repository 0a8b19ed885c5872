import ChannelSDK
import CoreMetrics

/// What the stages count, once for each batch.
struct StageMetrics: Sendable {
    /// One channel's handles, looked up once for each batch.
    private struct Channel: Sendable {
        let statuses: [StatusName: Counter]
        let firstSubmissions: CoreMetrics.Timer
        let reports: CoreMetrics.Timer
        let webhooks: (parsed: Counter, unreadable: Counter)

        init(_ name: String, _ order: StatusOrder, _ factory: any MetricsFactory) {
            let counters = order.statuses.map { status in
                (status.name, MetricDefinition.statusChanges.counter(factory, name, status.name.rawValue))
            }
            statuses = Dictionary(uniqueKeysWithValues: counters)
            firstSubmissions = MetricDefinition.firstSubmissionTime.timer(factory, name)
            reports = MetricDefinition.reportTime.timer(factory, name)
            webhooks = (
                MetricDefinition.webhooks.counter(factory, name, "parsed"),
                MetricDefinition.webhooks.counter(factory, name, "unreadable")
            )
        }
    }

    private let channels: [String: Channel]
    private let projections: (inserted: Counter, repeated: Counter, conflict: Counter)
    private let deadLetters: [String: Counter]

    init(channels: [String: StatusOrder], _ factory: any MetricsFactory) {
        self.channels = Dictionary(
            uniqueKeysWithValues: channels.map { ($0.key, Channel($0.key, $0.value, factory)) })
        projections = (
            MetricDefinition.projected.counter(factory, "inserted"),
            MetricDefinition.projected.counter(factory, "repeat"),
            MetricDefinition.projected.counter(factory, "conflict")
        )
        let reasons = DeadLetter.Reason.allCases.map(\.rawValue)
        deadLetters = Dictionary(
            uniqueKeysWithValues: reasons.map { ($0, MetricDefinition.deadLetters.counter(factory, $0)) })
    }

    func count(_ receipt: ProjectionReceipt) {
        var (inserted, repeated, conflicts) = (0, 0, 0)
        for outcome in receipt.outcomes {
            switch outcome {
            case .inserted: inserted += 1
            case .repeated: repeated += 1
            case .conflict: conflicts += 1
            }
        }
        if inserted > 0 { projections.inserted.increment(by: inserted) }
        if repeated > 0 { projections.repeated.increment(by: repeated) }
        if conflicts > 0 { projections.conflict.increment(by: conflicts) }
    }

    func count(_ tally: ApplierTally, at now: Timestamp) {
        for share in tally.shares {
            guard let channel = channels[share.channel] else { continue }
            for (status, count) in share.statuses { channel.statuses[status]?.increment(by: count) }
            for time in share.firstSubmissions { channel.firstSubmissions.record(time) }
            for arrival in share.reports { channel.reports.record(max(.zero, now.since(arrival))) }
        }
    }

    func count(_ webhooks: WebhookTally) {
        for (name, parsed, unreadable) in webhooks.counts {
            guard let channel = channels[name] else { continue }
            if parsed > 0 { channel.webhooks.parsed.increment(by: parsed) }
            if unreadable > 0 { channel.webhooks.unreadable.increment(by: unreadable) }
        }
    }

    /// Counts those of `batches` that are in the dead letters by now.
    func countDeadLetters(_ batches: [(topic: Topic, batch: RecordBatch)]) {
        for (topic, batch) in batches where topic == .deadLetter { countDeadLetters(batch) }
    }

    func countDeadLetters(_ batch: RecordBatch) {
        for entry in batch.entries {
            guard let reason = entry.headers.first(where: { $0.name == "reason" })?.value else { continue }
            deadLetters[reason]?.increment()
        }
    }
}

/// The webhooks of a batch, by the channels that they came in by.
struct WebhookTally: Sendable {
    private(set) var counts: [(channel: String, parsed: Int, unreadable: Int)] = []

    mutating func note(_ webhook: ReceivedWebhook, isParsed: Bool) {
        guard let channel = webhook.channel else { return }
        let index = counts.firstIndex { $0.channel == channel } ?? counts.count
        if index == counts.count { counts.append((channel, 0, 0)) }
        if isParsed { counts[index].parsed += 1 } else { counts[index].unreadable += 1 }
    }
}
