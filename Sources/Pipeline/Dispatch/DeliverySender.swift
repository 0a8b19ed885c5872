import ChannelSDK
import Synchronization

/// Turns claims into requests and answers into ends.
struct DeliverySender: Sendable {
    let name: String
    let parts: ChannelDispatcher.Parts
    let screen: OptOutScreen
    let restoration: Restoration?
    private let hand: @Sendable (EndedAttempts) -> Void

    init(
        name: String, parts: ChannelDispatcher.Parts, screen: OptOutScreen, restoration: Restoration?,
        report hand: @escaping @Sendable (EndedAttempts) -> Void
    ) {
        self.name = name
        self.parts = parts
        self.screen = screen
        self.restoration = restoration
        self.hand = hand
    }

    func report(_ ended: EndedAttempts) { hand(ended) }

    func report(_ ends: [AttemptEnd]) { hand(EndedAttempts(ends)) }

    func send(_ claims: [ClaimedDelivery]) async {
        var outgoing: [(claim: ClaimedDelivery, message: OutboundMessage)] = []
        var queries: [(claim: ClaimedDelivery, message: OutboundMessage)] = []
        outgoing.reserveCapacity(claims.count)
        for claim in timely(unsent(claims)) {
            guard let message = message(for: claim) else { continue }
            switch claim.errand {
            case .send: outgoing.append((claim, message))
            case .query: queries.append((claim, message))
            }
        }
        outgoing = await screened(outgoing)
        if let client = parts.client as? any HTTPDeliveryClient {
            let requests = await requests(for: outgoing, client)
            if isLeased(requests.map { ($0.claim, $0.message) }, queries) { submit(requests, to: client) }
        } else if let client = parts.client as? any SMTPDeliveryClient {
            let mails = await submissions(for: outgoing, client)
            if isLeased(mails.map { ($0.claim, $0.message) }, queries) { submit(mails, to: client) }
        } else if isLeased(outgoing, queries) {
            deliver(outgoing)
        }
    }

    /// Last of all before something is sent: whatever was waited for before this cost the lease some of its time.
    private func isLeased(
        _ outgoing: @autoclosure () -> [(claim: ClaimedDelivery, message: OutboundMessage)],
        _ queries: [(claim: ClaimedDelivery, message: OutboundMessage)]
    ) -> Bool {
        guard parts.lease.outlives(parts.timeout) else {
            report((outgoing() + queries).map { AttemptEnd(claim: $0.claim, end: .released) })
            return false
        }
        for item in queries { query(item.claim, item.message) }
        return true
    }

    /// Without those that may have been sent before the store was restored, whose attempts end here.
    private func unsent(_ claims: [ClaimedDelivery]) -> [ClaimedDelivery] {
        guard let restoration else { return claims }
        let concerned = claims.filter(restoration.concerns)
        guard !concerned.isEmpty else { return claims }
        report(concerned.map(restoration.end))
        return claims.filter { !restoration.concerns($0) }
    }

    /// Without those whose time is over, whose attempts end here.
    private func timely(_ claims: [ClaimedDelivery]) -> [ClaimedDelivery] {
        let now = parts.host.clock.now()
        func isLate(_ claim: ClaimedDelivery) -> Bool {
            claim.errand == .send && claim.expiresAt.map { $0 <= now } ?? false
        }
        let late = claims.filter(isLate)
        guard !late.isEmpty else { return claims }
        let failure = DeliveryFailure(.expired, code: "expired", message: "its time was over before it was taken")
        report(late.map { AttemptEnd(claim: $0, end: .refused(failure)) })
        return claims.filter { !isLate($0) }
    }

    /// Without those whose recipients have opted out, whose attempts end here.
    private func screened(
        _ outgoing: [(claim: ClaimedDelivery, message: OutboundMessage)]
    ) async -> [(claim: ClaimedDelivery, message: OutboundMessage)] {
        guard !outgoing.isEmpty else { return [] }
        guard let refusals = await screen.refusals(of: outgoing.lazy.map(\.message)) else {
            report(outgoing.map { AttemptEnd(claim: $0.claim, end: .released) })
            return []
        }
        guard !refusals.isEmpty else { return outgoing }
        report(refusals.map { AttemptEnd(claim: outgoing[$0.index].claim, end: .refused($0.failure)) })
        let refused = Set(refusals.map(\.index))
        return outgoing.indices.filter { !refused.contains($0) }.map { outgoing[$0] }
    }

    private func message(for claim: ClaimedDelivery) -> OutboundMessage? {
        guard let content = try? claim.payload.decoded(for: parts.host.channel).content else {
            let failure = DeliveryFailure(.content, code: "undecodable", message: "the stored request can't be read")
            report([AttemptEnd(claim: claim, end: .sent(.rejected(failure)))])
            return nil
        }
        return OutboundMessage(
            delivery: claim.delivery, account: claim.account, content: content, attempt: claim.attempt,
            webhookURL: parts.host.webhookURL(for: claim.delivery))
    }

    // MARK: The client's own way

    private func deliver(_ outgoing: [(claim: ClaimedDelivery, message: OutboundMessage)]) {
        let limit = max(1, parts.client.batchLimit)
        var rest = outgoing[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(limit))
            rest = rest.dropFirst(limit)
            deliverBatch(batch)
        }
    }

    private func deliverBatch(_ batch: [(claim: ClaimedDelivery, message: OutboundMessage)]) {
        let (client, metrics) = (parts.client, parts.metrics)
        let messages = batch.map(\.message)
        let start = ContinuousClock.now
        let ends: @Sendable ([DeliveryOutcome]) -> [AttemptEnd] = { outcomes in
            metrics.sent(batch.count, since: start)
            return batch.enumerated().map { index, item in
                guard index < outcomes.count else {
                    let failure = DeliveryFailure(
                        .other, code: "no_outcome", message: "the channel's module gave no outcome for this message")
                    return AttemptEnd(claim: item.claim, end: .sent(.uncertain(failure)))
                }
                return AttemptEnd(claim: item.claim, end: .sent(outcomes[index]))
            }
        }
        if let isolated = client as? any IsolatedDelivery {
            Task { report(ends(await isolated.deliver(messages, within: longest))) }
        } else {
            race(claims: batch.map(\.claim)) { ends(await client.deliver(messages)) }
        }
    }

    private func query(_ claim: ClaimedDelivery, _ message: OutboundMessage) {
        guard let client = parts.client as? any DeliveryQuery else {
            let failure = DeliveryFailure(.configuration, code: "no_query", message: "the provider can't be asked")
            return report([AttemptEnd(claim: claim, end: .queried(.unknown(failure)))])
        }
        if let isolated = client as? any IsolatedQuery {
            Task {
                report([AttemptEnd(claim: claim, end: .queried(await isolated.find(message, within: longest)))])
            }
        } else {
            race(claims: [claim]) { [AttemptEnd(claim: claim, end: .queried(await client.find(message)))] }
        }
    }

    /// That a module's own code may take.
    private var longest: Duration { parts.timeout * 2 }

    /// A module's own code may never return: after twice the timeout its attempts end without it, as uncertain.
    private func race(claims: [ClaimedDelivery], _ work: @escaping @Sendable () async -> [AttemptEnd]) {
        let isOver = Once()
        let timer = Task {
            // Real time, which the module's code takes; the host's clock can be set. Cancelled: the work has ended.
            guard (try? await Task.sleep(for: longest)) != nil, isOver.claim() else { return }
            report(claims.map { AttemptEnd(claim: $0, end: Self.unanswered($0)) })
        }
        Task {
            let ends = await work()
            timer.cancel()
            if isOver.claim() { report(ends) }
        }
    }

    private static func unanswered(_ claim: ClaimedDelivery) -> AttemptEnd.End {
        let failure = DeliveryFailure(
            .transient, code: "timeout", message: "the channel's module did not return in time")
        return claim.errand == .send ? .sent(.uncertain(failure)) : .queried(.unknown(failure))
    }
}

/// True for the first who asks.
private final class Once: Sendable {
    private let isTaken = Atomic(false)

    func claim() -> Bool { !isTaken.exchange(true, ordering: .acquiringAndReleasing) }
}
