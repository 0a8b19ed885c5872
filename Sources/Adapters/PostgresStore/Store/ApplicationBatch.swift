import ChannelSDK
import Pipeline

/// The statements of what a batch of records did.
struct ApplicationBatch {
    let application: Application

    /// The last answers the reports that waited, when there is something that they could have waited for.
    var commands: [Command] {
        countOpen + [StageStatements.pass(application.fence, to: application.nextOffset)] + updates + timeline
            + claimsAndReady + correlations
    }

    private var countOpen: [Command] {
        let opened = application.updates.reduce(0) { count, update in
            count + (update.delivery.settlement == .open ? 1 : 0) - (update.before?.isOpen == true ? 1 : 0)
        }
        guard opened != 0 else { return [] }
        return [
            Self.countOpen {
                $0.add(application.fence.stage.rawValue)
                $0.add(application.fence.partition)
                $0.add(opened)
                $0.add(application.nextOffset)
            }
        ]
    }

    private var updates: [Command] {
        // In the order of the table: neighbours share pages, and nobody meets another's rows the other way round.
        let all = application.updates.sorted { ($0.row, $0.delivery.id.ordinal) < ($1.row, $1.delivery.id.ordinal) }
        guard !all.isEmpty else { return [] }
        let (new, old) = (all.filter(\.isNew), all.filter { !$0.isNew })
        let settling = all.filter(\.isSettling)
        let others = all.filter { !$0.isSettling && $0.before?.isSettling == true }
        var commands: [Command] = []
        if !new.isEmpty {
            commands.append(
                DeliveryRow.insert {
                    DeliveryRow.fill(&$0, new)
                    DeliveryRow.fillOrigin(&$0, new)
                })
        }
        if !old.isEmpty {
            commands.append(
                DeliveryRow.update {
                    DeliveryRow.fill(&$0, old)
                    $0.add(application.fence.stage.rawValue)
                    $0.add(application.fence.partition)
                })
        }
        // Few ever are: none of the others is written to for it.
        let ending = all.filter(\.delivery.endsRoute)
        if !ending.isEmpty {
            commands.append(Self.endRoutes { Self.fillKeys(&$0, ending) { ($0.row, $0.delivery.id) } })
        }
        if !settling.isEmpty {
            commands.append(
                Self.noteSettling {
                    Self.fillKeys(&$0, settling) { ($0.row, $0.delivery.id) }
                    $0.add(settling) { $0.delivery.settleAt?.milliseconds }
                })
        }
        if !others.isEmpty {
            commands.append(Self.forgetSettling { Self.fillKeys(&$0, others) { ($0.row, $0.delivery.id) } })
        }
        return commands
    }

    private var timeline: [Command] {
        TimelineRow.insertions(of: application.timeline)
    }

    private var claimsAndReady: [Command] {
        var commands: [Command] = []
        let (ended, withdrawn) = (application.endedClaims, application.withdrawals)
        if !ended.isEmpty {
            commands.append(
                Self.endClaims {
                    Self.fillKeys(&$0, ended) { ($0.row, $0.delivery) }
                    $0.add(ended) { Int64($0.attempt) }
                })
        }
        if !withdrawn.isEmpty {
            commands.append(Self.withdraw { Self.fillKeys(&$0, withdrawn) { ($0.row, $0.delivery) } })
        }
        // Of several for one delivery the last counts.
        var last: [DeliveryID: Application.Ready] = [:]
        for ready in application.ready { last[ready.delivery] = ready }
        let ready = last.values.sorted { ($0.row, $0.delivery.ordinal) < ($1.row, $1.delivery.ordinal) }
        if !ready.isEmpty { commands.append(Self.makeReady { fill(&$0, ready) }) }
        return commands
    }

    private var correlations: [Command] {
        guard !application.correlations.isEmpty else { return [] }
        var last: [CorrelationKey: DeliveryID] = [:]
        for one in application.correlations {
            last[.providerMessage(channel: one.channel, id: one.providerMessageID)] = one.delivery
        }
        let learned = last.compactMap { key, delivery -> Application.Correlation? in
            guard case .providerMessage(let channel, let id) = key else { return nil }
            return .init(channel: channel, providerMessageID: id, delivery: delivery)
        }.sorted { ($0.channel, $0.providerMessageID) < ($1.channel, $1.providerMessageID) }
        func fill(_ parameters: inout Parameters) {
            parameters.add(learned) { $0.channel }
            parameters.add(learned) { $0.providerMessageID }
            parameters.add(learned) { $0.delivery.notification }
            parameters.add(learned) { Int64($0.delivery.ordinal) }
        }
        return [
            CorrelationStatements.messagesComing(), CorrelationStatements.learn(fill),
            CorrelationStatements.releaseMessages(fill),
        ]
    }

    private static func fillKeys<Item>(
        _ parameters: inout Parameters, _ items: [Item], _ key: (Item) -> (row: Int64, delivery: DeliveryID)
    ) {
        parameters.add(items) { key($0).row }
        parameters.add(items) { Int64(key($0).delivery.ordinal) }
    }

    private func fill(_ parameters: inout Parameters, _ ready: [Application.Ready]) {
        Self.fillKeys(&parameters, ready) { ($0.row, $0.delivery) }
        parameters.add(ready) { $0.channel }
        parameters.add(ready) { Int64($0.urgency.rawValue) }
        parameters.add(ready) { $0.account }
        parameters.add(ready) { $0.due.milliseconds }
        parameters.add(ready) { Int64($0.attempt) }
        parameters.add(ready) { Int64($0.errand.rawValue) }
    }
}

extension Application.Update {
    fileprivate var isSettling: Bool { delivery.settlement == .open && delivery.settleAt != nil }
}
