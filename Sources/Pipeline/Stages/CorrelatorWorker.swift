import ChannelSDK

/// Carries out what the correlator decides.
struct CorrelatorWorker: StageWorker {
    let log: any EventLog
    let store: any NotificationStore
    let channels: ChannelBoard

    var stage: Stage { .correlator }
    var topic: Topic { .webhookReceived }

    func makeMachine(partition: Int) -> CorrelatorMachine {
        CorrelatorMachine(partition: partition, optOutLists: channels.table.optOutLists)
    }

    func process(
        _ records: [LogRecord], with machine: inout CorrelatorMachine, in session: PartitionSession
    ) async throws {
        let table = channels.table
        machine.optOutLists = table.optOutLists
        try await carryOut(machine.handle(.records(records)), table, &machine, session)
    }

    func quarantine(
        _ record: LogRecord, with machine: inout CorrelatorMachine, in session: PartitionSession
    ) async throws {
        try await carryOut(machine.quarantine(record), channels.table, &machine, session)
    }

    private func carryOut(
        _ first: CorrelatorMachine.Effect, _ table: ChannelTable, _ machine: inout CorrelatorMachine,
        _ session: PartitionSession
    ) async throws {
        var effect = first
        var tally = WebhookTally()
        while true {
            switch effect {
            case .parse(let webhooks):
                let contents = await parse(webhooks, table)
                for (webhook, content) in zip(webhooks, contents) {
                    if let content { tally.note(webhook, isParsed: (try? content.get()) != nil) }
                }
                effect = machine.handle(.parsed(contents))
            case .correlate(let questions):
                effect = machine.handle(.correlated(try await store.correlate(questions)))
            case .identify(let ids):
                var recipients: [String?] = []
                // Complaints are rare: one look-up for each will do.
                for id in ids {
                    let notification = try await store.notification(id)
                    recipients.append((try? notification?.payload.decoded())?.content.recipient)
                }
                effect = machine.handle(.identified(recipients))
            case .note(let changes):
                try await store.note(changes)
                effect = machine.handle(.noted)
            case .append(let batches):
                try await log.append(batches)
                table.metrics.countDeadLetters(batches)
                effect = machine.handle(.appended)
            case .commit(let offset):
                try await session.commit(offset)
                effect = machine.handle(.committed)
            case .finish: return table.metrics.count(tally)
            case .halt(let reason): throw StageHalt(reason: reason)
            }
        }
    }

    private func parse(
        _ webhooks: [ReceivedWebhook], _ table: ChannelTable
    ) async -> [Result<WebhookContents, WebhookRefusal>?] {
        guard !table.isolatedParsers.isEmpty else { return webhooks.map { parse($0, table.parsers) } }
        var aside: [String: [Int]] = [:]
        var contents = webhooks.enumerated().map { index, webhook -> Result<WebhookContents, WebhookRefusal>? in
            guard let name = webhook.channel, table.isolatedParsers[name] != nil else {
                return parse(webhook, table.parsers)
            }
            aside[name, default: []].append(index)
            return nil
        }
        // Each module has threads of its own.
        await withTaskGroup { group in
            for (name, indices) in aside {
                guard let parser = table.isolatedParsers[name] else { continue }
                group.addTask { zip(indices, await parser.contents(of: indices.map { webhooks[$0].request })) }
            }
            for await read in group { for (index, content) in read { contents[index] = content } }
        }
        return contents
    }

    private func parse(
        _ webhook: ReceivedWebhook, _ parsers: [String: any WebhookParser]
    ) -> Result<WebhookContents, WebhookRefusal> {
        switch webhook.origin {
        case .channel(let name):
            guard let parser = parsers[name] else {
                return .failure(WebhookRefusal("channel '\(name)' is not configured any more"))
            }
            do throws(WebhookRefusal) {
                return .success(try parser.parse(webhook.request))
            } catch {
                return .failure(error)
            }
        case .account:
            return AccountWebhook.parse(webhook.request)
        case .unsubscribe:
            let recipient = String(decoding: webhook.request.body, as: UTF8.self)
            return .success(WebhookContents(optOuts: [OptOutReport(.recipient(recipient), reason: .unsubscribe)]))
        }
    }
}
