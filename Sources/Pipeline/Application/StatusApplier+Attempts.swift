import ChannelSDK

// MARK: - What our own side learned

extension StatusApplier {
    mutating func apply(_ outcome: DeliveryOutcome, of attempt: Int) {
        guard attempt > delivery.attempts else { return applyLate(outcome, of: attempt) }
        endAttempt(attempt)
        switch outcome {
        // Its time is over, or the recipient has opted out: the repeat was not sent, and what became of the first attempt
        // is still not known.
        case .rejected(let failure) where mayBeTaken && (failure.kind == .expired || failure.kind == .optedOut):
            becomeUncertain(StatusDetail(failure), kind: .outcome)
        case .accepted(let acceptance): take(acceptance, kind: .outcome)
        case .rejected(let failure) where failure.kind == .expired:
            // The time is over for every channel of the route.
            delivery.endsRoute = true
            move(to: .expired, kind: .outcome, detail: StatusDetail(failure))
        case .rejected(let failure):
            delivery.failures += 1
            move(to: .rejected, kind: .outcome, detail: StatusDetail(failure))
        case .retry(let failure, let after):
            delivery.failures += 1
            tryAgain(failure, atLeast: after, reason: .retrying, reported: "retry")
        case .throttled(let failure, let after):
            tryAgain(failure, atLeast: after, reason: .throttled, reported: "throttled")
        case .uncertain(let failure):
            delivery.failures += 1
            becomeUncertain(StatusDetail(failure), kind: .outcome)
        }
    }

    /// The attempt had been given up for lost. That a provider took it is evidence all the same.
    private mutating func applyLate(_ outcome: DeliveryOutcome, of attempt: Int) {
        if case .accepted(let acceptance) = outcome { return take(acceptance, kind: .outcome) }
        if case .uncertain(let failure) = outcome, failure.code == StatusDetail.restored {
            return withholdLate(attempt, StatusDetail(failure))
        }
        note(
            .outcome, reported: nil, detail: StatusDetail(),
            withoutEffect: "attempt \(attempt) had already ended")
    }

    /// After a restore: either the log told how the attempt ended, or it was known to be uncertain, and the provider was to
    /// be asked about it.
    private mutating func withholdLate(_ attempt: Int, _ detail: StatusDetail) {
        draft.endClaim(.init(delivery: delivery.id, row: state.row, attempt: attempt))
        guard delivery.waiting?.reason == .querying, delivery.settlement == .open else {
            return note(
                .outcome, reported: nil, detail: StatusDetail(), withoutEffect: "attempt \(attempt) had already ended")
        }
        hold()
        note(.outcome, reported: "held", detail: detail)
    }

    private mutating func endAttempt(_ attempt: Int) {
        delivery.attempts = attempt
        delivery.waiting = nil
        draft.endClaim(.init(delivery: delivery.id, row: state.row, attempt: attempt))
    }

    private mutating func take(_ acceptance: Acceptance, kind: TimelineEntry.Kind) {
        if let id = acceptance.providerMessageID {
            delivery.providerMessageID = delivery.providerMessageID ?? id
            for name in Set([id] + acceptance.parts) {
                draft.correlate(.init(channel: delivery.channel, providerMessageID: name, delivery: delivery.id))
            }
        }
        delivery.segments = delivery.segments ?? acceptance.segments
        guard let law else {
            return note(kind, reported: "accepted", detail: StatusDetail(), withoutEffect: "channel is not configured")
        }
        if delivery.expectedParts.isEmpty { delivery.expectedParts = acceptance.parts }
        let parts = law.order.status(ofParts: delivery.parts, expected: delivery.expectedParts)
        move(
            to: law.order.higher(of: acceptance.status ?? law.order.first.name, parts), kind: kind,
            detail: StatusDetail())
        expectReport(law)
    }

    private mutating func tryAgain(
        _ failure: DeliveryFailure, atLeast: Duration?, reason: Waiting.Reason, reported: String
    ) {
        let detail = StatusDetail(failure)
        guard !isTaken, delivery.status == .accepted else {
            return note(.outcome, reported: reported, detail: detail, withoutEffect: "already \(delivery.status)")
        }
        guard let policy = law?.policy.retry else {
            return note(.outcome, reported: reported, detail: detail, withoutEffect: "channel is not configured")
        }
        guard delivery.failures < policy.attempts else {
            let message = "attempt \(delivery.failures) of \(policy.attempts) failed: \(failure.message)"
            return move(
                to: .rejected, kind: .outcome, detail: StatusDetail(code: failure.code, message: message))
        }
        let due = report.at + policy.delay(after: max(delivery.failures, 1), of: delivery.id, atLeast: atLeast)
        if reason == .retrying, !failure.isBeforeSending { beginRepeating(since: report.at) }
        if let until = delivery.settleAt, due >= until { return becomeUncertain(detail, kind: .outcome) }
        delivery.waiting = Waiting(reason, until: due)
        delivery.updatedAt = report.at
        note(.outcome, reported: reported, detail: detail)
        makeReady(errand: .send, attempt: delivery.attempts + 1, due: due)
    }

    // MARK: Claims

    mutating func loseClaim(_ attempt: Int, _ errand: Errand) {
        if errand == .query { return askAgainLater(.init(code: "claim_lost"), kind: .claimLost, attempt: attempt) }
        guard attempt > delivery.attempts else {
            draft.endClaim(.init(delivery: delivery.id, row: state.row, attempt: attempt))
            return note(
                .claimLost, reported: nil, detail: StatusDetail(),
                withoutEffect: "attempt \(attempt) had already ended")
        }
        let earliest = earliestSend
        endAttempt(attempt)
        delivery.failures += 1
        let detail = StatusDetail(
            code: StatusDetail.claimLost,
            message: "the sender stopped before the outcome of attempt \(attempt) was known")
        if !repeatLost(since: earliest, detail) { becomeUncertain(detail, kind: .claimLost) }
    }

    // MARK: Repeats that the provider drops

    /// An attempt under the provider's idempotency key may have been taken.
    private var mayBeTaken: Bool { delivery.status == .accepted && delivery.settleAt != nil }

    /// The provider noted the key at the first attempt that it may have taken, not before `earliest`.
    private mutating func beginRepeating(since earliest: Timestamp) {
        guard let within = law?.policy.repeatsWithin, delivery.settleAt == nil else { return }
        delivery.settleAt = earliest + within
    }

    /// Nobody takes a delivery before it is due.
    private var earliestSend: Timestamp {
        switch delivery.waiting?.reason {
        case .scheduled, .retrying, .throttled: max(delivery.waiting?.until ?? .distantPast, delivery.createdAt)
        default: delivery.createdAt
        }
    }

    /// Makes the same request again, under the same key, while the provider is certain to know the key.
    /// - Returns: false when it must not: the outcome stays unknown then. A message that ended two senders is not given
    ///   to a third.
    private mutating func repeatLost(since earliest: Timestamp, _ detail: StatusDetail) -> Bool {
        guard delivery.status == .accepted, delivery.settlement == .open, let policy = law?.policy,
            let within = policy.repeatsWithin, delivery.detail.code != StatusDetail.claimLost,
            delivery.failures < policy.retry.attempts
        else { return false }
        let due = report.at + policy.retry.delay(after: delivery.failures, of: delivery.id, atLeast: nil)
        guard due < delivery.settleAt ?? (earliest + within) else { return false }
        beginRepeating(since: earliest)
        delivery.detail = detail
        delivery.waiting = Waiting(.retrying, until: due)
        delivery.updatedAt = report.at
        note(.claimLost, reported: "retry", detail: detail)
        makeReady(errand: .send, attempt: delivery.attempts + 1, due: due)
        return true
    }

    /// From now on a repeat could be taken for a new message.
    mutating func endRepeats() {
        draft.withdraw(delivery.id, row: state.row)
        delivery.settleAt = nil
        delivery.waiting = nil
        becomeUncertain(
            StatusDetail(
                code: "key_expired",
                message: "an attempt may have been taken, and the provider may have forgotten its idempotency key"),
            kind: .timer)
    }

    mutating func releaseClaim(_ attempt: Int, _ errand: Errand) {
        draft.endClaim(.init(delivery: delivery.id, row: state.row, attempt: attempt))
        guard errand == .query || (attempt > delivery.attempts && delivery.status == .accepted) else {
            return note(.claimReleased, reported: nil, detail: StatusDetail(), withoutEffect: "no longer needed")
        }
        note(.claimReleased, reported: nil, detail: StatusDetail())
        makeReady(errand: errand, attempt: attempt, due: report.at)
    }

    // MARK: Uncertain sends

    private mutating func becomeUncertain(_ detail: StatusDetail, kind: TimelineEntry.Kind) {
        let isLostAgain = detail.code == StatusDetail.claimLost && delivery.detail.code == StatusDetail.claimLost
        move(to: .uncertain, kind: kind, detail: detail)
        guard delivery.status == .uncertain, let law else { return }
        // Whoever restored the store decides, whatever the channel does about sends of which it lost sight itself.
        if detail.code == StatusDetail.restored { return hold() }
        switch law.policy.uncertain {
        case .awaitCallback: expectReport(law)
        case .query: ask(attempt: delivery.attempts, due: report.at)
        case .hold: hold()
        case .resend where isLostAgain: hold()
        case .resend:
            expectReport(law)
            resendUnlessSpent(law)
        }
    }

    /// A resend is bounded like attempts are. Two senders lost over one step look like a message that kills senders:
    /// it is held for somebody to look at.
    private mutating func resendUnlessSpent(_ law: ChannelLaw) {
        guard index == state.deliveries.count - 1, !delivery.endsRoute else { return }
        let ofStep = state.deliveries.filter { $0.step == delivery.step }
        if ofStep.count(where: { $0.detail.code == StatusDetail.claimLost }) >= 2 { return hold() }
        if ofStep.count < law.policy.retry.attempts { startDelivery(step: delivery.step) }
    }

    private mutating func hold() {
        delivery.waiting = Waiting(.held, until: nil)
        delivery.settleAt = nil
    }

    private mutating func ask(attempt: Int, due: Timestamp) {
        delivery.waiting = Waiting(.querying, until: due)
        if let law, delivery.settleAt == nil { delivery.settleAt = report.at + law.policy.settleAfter }
        makeReady(errand: .query, attempt: attempt, due: due)
    }

    mutating func apply(_ answer: DeliveryQueryAnswer, about attempt: Int) {
        draft.endClaim(.init(delivery: delivery.id, row: state.row, attempt: attempt))
        switch answer {
        case .taken(let acceptance): take(acceptance, kind: .query)
        case .unknown(let failure): askAgainLater(StatusDetail(failure), kind: .query, attempt: attempt)
        case .notTaken:
            guard delivery.status == .uncertain, delivery.settlement == .open, let law else {
                return note(
                    .query, reported: "not_taken", detail: StatusDetail(), withoutEffect: "already \(delivery.status)")
            }
            close(.query, reported: "not_taken", code: "not_taken", message: "the provider did not take it")
            resendUnlessSpent(law)
        }
    }

    private mutating func askAgainLater(_ detail: StatusDetail, kind: TimelineEntry.Kind, attempt: Int) {
        draft.endClaim(.init(delivery: delivery.id, row: state.row, attempt: attempt))
        guard delivery.status == .uncertain, delivery.settlement == .open, let law else {
            return note(kind, reported: nil, detail: detail, withoutEffect: "already \(delivery.status)")
        }
        note(kind, reported: nil, detail: detail)
        delivery.failures += 1
        let delay = law.policy.retry.delay(after: delivery.failures, of: delivery.id, atLeast: law.policy.retry.base)
        ask(attempt: attempt, due: report.at + delay)
    }

    // MARK: Decisions

    mutating func cancel() {
        draft.endClaim(.init(holdOf: delivery.id, row: state.row))
        let detail = StatusDetail(code: "canceled", message: "the application took it back")
        if law == nil, delivery.status == .accepted { return cancelWithoutLaw(detail) }
        move(to: .canceled, kind: .cancel, detail: detail)
    }

    /// That nothing was sent needs no channel's law.
    private mutating func cancelWithoutLaw(_ detail: StatusDetail) {
        draft.withdraw(delivery.id, row: state.row)
        delivery.status = .canceled
        delivery.detail = detail
        delivery.endsRoute = true
        delivery.settlement = .settled
        delivery.settleAt = nil
        delivery.waiting = nil
        delivery.updatedAt = report.at
        publish(.cancel, reported: StatusName.canceled.rawValue, detail: detail, previous: .accepted)
    }

    mutating func resolve(_ resolution: DeliveryReport.Resolution) {
        guard delivery.waiting?.reason == .held, delivery.settlement == .open else {
            return note(.resolution, reported: nil, detail: StatusDetail(), withoutEffect: "it is not held")
        }
        delivery.waiting = nil
        close(.resolution, reported: "\(resolution)", code: "\(resolution)", message: "an operator decided")
        if resolution == .resend, index == state.deliveries.count - 1 { startDelivery(step: delivery.step) }
    }
}

extension StatusDetail {
    static let claimLost = "claim_lost"
    static let restored = "restored"

    init(_ failure: DeliveryFailure) { self.init(code: failure.code, message: failure.message) }
}

extension DeliveryFailure {
    /// There was no connection on which the provider could have been given anything.
    fileprivate var isBeforeSending: Bool {
        [TransportFailure.Reason.resolve, .connect].contains { $0.rawValue == code }
    }
}
