public import ChannelSDK

/// The correlator of one partition of `webhook.received`, without I/O: it is told what happened and says what to do
/// next, one effect at a time.
///
/// For each batch: have the channels' parsers read the requests → find the deliveries that reports name by a
/// provider's id (what nobody knows yet waits in the store) → note who opts out or in → append to `delivery.report` and
/// `message.inbound` → commit the offset. A replay says the same to the store, which changes nothing then.
public struct CorrelatorMachine: Sendable {
    public enum Event: Sendable {
        case records([LogRecord])
        /// One for each webhook asked about, in order; nil: it is read another time.
        case parsed([Result<WebhookContents, WebhookRefusal>?])
        case correlated([DeliveryID?])
        /// Nil: there is no such notification, or no more.
        case identified([String?])
        case noted
        case appended
        case committed
    }

    public enum Effect: Sendable {
        case parse([ReceivedWebhook])
        case correlate([CorrelationQuestion])
        /// To whom notifications were sent: one answer for each.
        case identify([NotificationID])
        case note([OptOutChange])
        case append([(topic: Topic, batch: RecordBatch)])
        case commit(Int64)
        case finish
        case halt(String)
    }

    private struct Work {
        var webhooks: [(offset: Int64, webhook: ReceivedWebhook)] = []
        var questions: [CorrelationQuestion] = []
        var reports = RecordBatch()
        var optOuts: [OptOutChange] = []
        /// Said about the recipient of a delivery; who that is, is not known yet.
        var unnamed: [(report: OptOutReport, delivery: DeliveryID, webhook: ReceivedWebhook)] = []
        var inbound = RecordBatch()
        var deadLetters = RecordBatch()
        /// Webhooks to be read another time.
        var again = RecordBatch()
        var end: Int64 = 0
    }

    private let partition: Int
    /// To be changed between batches only.
    var optOutLists: [String: String]
    private var work = Work()

    /// - Parameter optOutLists: by the names of the channel instances.
    public init(partition: Int, optOutLists: [String: String]) {
        self.partition = partition
        self.optOutLists = optOutLists
    }

    public mutating func handle(_ event: Event) -> Effect {
        switch event {
        case .records(let records): begin(records)
        case .parsed(let contents): sort(contents)
        case .correlated(let deliveries): answer(deliveries)
        case .identified(let recipients): name(recipients)
        case .noted: publish()
        case .appended: .commit(work.end)
        case .committed: .finish
        }
    }

    /// Puts a record that ends runs aside instead of processing it.
    public mutating func quarantine(_ record: LogRecord) -> Effect {
        work = Work()
        work.end = record.offset + 1
        bury(.quarantined, DeadLetter.endedTwoRuns, record.offset, record.value)
        return publish()
    }

    private mutating func begin(_ records: [LogRecord]) -> Effect {
        work = Work()
        work.end = (records.last?.offset ?? -1) + 1
        for record in records {
            do throws(RecordProblem) {
                work.webhooks.append((record.offset, try ReceivedWebhook(record: record.value)))
            } catch {
                if case .newerVersion(let version) = error {
                    return .halt(RecordProblem.newer(version, .webhookReceived, partition, record.offset))
                }
                bury(.undecodable, "\(error)", record.offset, record.value)
            }
        }
        return work.webhooks.isEmpty ? publish() : .parse(work.webhooks.map(\.webhook))
    }

    private mutating func sort(_ contents: [Result<WebhookContents, WebhookRefusal>?]) -> Effect {
        for ((offset, webhook), result) in zip(work.webhooks, contents) {
            switch result {
            case .success(let contents):
                for (index, report) in contents.reports.enumerated() { sort(report, index, offset, webhook) }
                for message in contents.inbound { take(message, webhook) }
                for report in contents.optOuts { take(report, webhook) }
            case .failure(let refusal):
                var value: [UInt8] = []
                webhook.write(to: &value)
                bury(.unreadableWebhook, refusal.message, offset, value[...], channel: webhook.channel)
            // Behind those of other channels: a module that takes its time takes none of theirs.
            case nil: work.again.append(key: nil) { webhook.write(to: &$0) }
            }
        }
        return work.questions.isEmpty ? note() : .correlate(work.questions)
    }

    private mutating func sort(_ report: StatusReport, _ index: Int, _ offset: Int64, _ webhook: ReceivedWebhook) {
        if let delivery = report.delivery { return emit(report, for: delivery, webhook) }
        let key: CorrelationKey
        switch (webhook.origin, report.providerMessageID) {
        case (.channel(let channel), let id?): key = .providerMessage(channel: channel, id: id)
        case (.account(let account), let id?):
            key = .notification(NotificationID(account: account, externalID: id))
        case (_, nil), (.unsubscribe, _):
            var value: [UInt8] = []
            webhook.write(to: &value)
            return bury(
                .unknownDelivery, "the report names neither a delivery nor a message", offset, value[...],
                channel: webhook.channel)
        }
        var bytes: [UInt8] = []
        report.write(to: &bytes)
        work.questions.append(
            CorrelationQuestion(
                key: key, source: LogPosition(partition: partition, offset: offset), index: index,
                receivedAt: webhook.request.receivedAt, channel: webhook.channel ?? "", report: bytes))
    }

    private mutating func answer(_ deliveries: [DeliveryID?]) -> Effect {
        for (question, delivery) in zip(work.questions, deliveries) {
            var reader = ByteReader(question.report[...])
            guard let delivery, let report = try? StatusReport(&reader) else { continue }
            DeliveryReport(
                delivery: delivery, at: question.receivedAt,
                event: .report(channel: question.channel.isEmpty ? nil : question.channel, report)
            ).append(to: &work.reports)
        }
        return note()
    }

    private mutating func note() -> Effect {
        if !work.unnamed.isEmpty { return .identify(work.unnamed.map(\.delivery.notification)) }
        // All of them: which holds is known once the store has told repeats from new words.
        return work.optOuts.isEmpty ? publish() : .note(work.optOuts)
    }

    private mutating func take(_ message: InboundMessage, _ webhook: ReceivedWebhook) {
        InboundEvent(message, webhook).append(to: &work.inbound)
        guard message.intent == .optOut || message.intent == .optIn else { return }
        // Without a time of its own only its id tells a repeat from a new word.
        let isTimed = message.occurredAt != nil || message.providerMessageID.isEmpty
        note(
            message.sender, isOptedOut: message.intent == .optOut, at: message.occurredAt, source: .keyword, webhook,
            in: isTimed ? nil : "\(webhook.channel ?? "")/\(message.providerMessageID)")
    }

    private mutating func name(_ recipients: [String?]) -> Effect {
        for (item, recipient) in zip(work.unnamed, recipients) {
            if let recipient { note(item.report, of: recipient, item.webhook) }
        }
        work.unnamed = []
        return note()
    }

    private mutating func take(_ report: OptOutReport, _ webhook: ReceivedWebhook) {
        switch report.subject {
        case .recipient(let recipient): note(report, of: recipient, webhook)
        case .recipientOf(let delivery): work.unnamed.append((report, delivery, webhook))
        }
    }

    private mutating func note(_ report: OptOutReport, of recipient: String, _ webhook: ReceivedWebhook) {
        let source: OptOutChange.Source =
            switch report.reason {
            case .complaint: .complaint
            case .unsubscribe: .unsubscribe
            }
        note(recipient, isOptedOut: report.isOptedOut, at: report.occurredAt, source: source, webhook)
    }

    /// The sender's own time counts, but none that is still to come: it would outlast every later word.
    private mutating func note(
        _ recipient: String, isOptedOut: Bool, at: Timestamp?, source: OptOutChange.Source, _ webhook: ReceivedWebhook,
        in message: String? = nil
    ) {
        guard let list = list(of: webhook) else { return }
        let receivedAt = webhook.request.receivedAt
        work.optOuts.append(
            OptOutChange(
                key: OptOutKey(list: list, recipient: recipient), isOptedOut: isOptedOut,
                at: min(at ?? receivedAt, receivedAt), source: source, message: message))
    }

    private func list(of webhook: ReceivedWebhook) -> String? {
        switch webhook.origin {
        case .channel(let name): optOutLists[name] ?? name
        case .unsubscribe(let list): list
        case .account: nil
        }
    }

    private mutating func emit(_ report: StatusReport, for delivery: DeliveryID, _ webhook: ReceivedWebhook) {
        DeliveryReport(
            delivery: delivery, at: webhook.request.receivedAt, event: .report(channel: webhook.channel, report)
        ).append(to: &work.reports)
    }

    private mutating func publish() -> Effect {
        let all: [(topic: Topic, batch: RecordBatch)] = [
            (.deliveryReport, work.reports), (.inbound, work.inbound), (.deadLetter, work.deadLetters),
            (.webhookReceived, work.again),
        ]
        let batches = all.filter { !$0.batch.isEmpty }
        return batches.isEmpty ? .commit(work.end) : .append(batches)
    }

    private mutating func bury(
        _ reason: DeadLetter.Reason, _ detail: String, _ offset: Int64, _ value: ArraySlice<UInt8>,
        channel: String? = nil
    ) {
        let letter = DeadLetter(
            reason: reason, detail: detail, topic: .webhookReceived,
            position: LogPosition(partition: partition, offset: offset), channel: channel)
        letter.append(to: &work.deadLetters, value: value)
    }
}

extension ReceivedWebhook {
    /// The channel instance it came in by; nil: the account itself.
    var channel: String? {
        if case .channel(let name) = origin { name } else { nil }
    }
}
