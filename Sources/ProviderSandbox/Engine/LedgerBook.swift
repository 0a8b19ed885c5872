/// The ledger's contents and rules: no lock, no I/O.
struct LedgerBook: Sendable {
    private(set) var entries: [LedgerEntry] = []
    private(set) var summary = LedgerSummary()
    private(set) var generation = 0
    private var positions: [Name: Int] = [:]

    /// The same message at two providers is two.
    private struct Name: Hashable {
        var provider: String
        var key: String
    }

    /// Decides about a request and writes down what was decided, in one step.
    /// - Parameter reportsWanted: false when the request names no callback URL.
    mutating func admit(
        _ submission: Submission, bodyHash: BodyHash, reportsWanted: Bool, by plan: FaultPlan
    ) -> Admission {
        let key = submission.key
        let position = position(of: submission, key: key, bodyHash: bodyHash)
        let attempt = entries[position].attempts.total + 1
        let fate = submission.fate ?? plan.fate(of: key, attempt: attempt)
        entries[position].attempts.count(fate)
        summary.attempts.count(fate)
        var admission = Admission(fate: fate, answerDelay: plan.answerDelay(of: key, attempt: attempt))
        if fate.isTaken {
            admission.taken = take(
                submission, key: key, at: position, isAnswered: fate == .answered, reportsWanted, plan)
        }
        return admission
    }

    /// Writes down a request that the provider's API answered with a permanent error.
    mutating func reject(_ submission: Submission, bodyHash: BodyHash) {
        entries[position(of: submission, key: submission.key, bodyHash: bodyHash)].attempts.rejected += 1
        summary.attempts.rejected += 1
    }

    /// Writes down a try to send a report.
    /// - Returns: false when the message is no longer in the ledger.
    mutating func record(_ result: CallbackResult, at time: Int64) -> Bool {
        guard let reference = result.reference else {
            countInbound(result)
            return true
        }
        guard reference.generation == generation else { return false }
        countReport(result)
        let report = LedgerEntry.Report(
            time: time, message: Int32(reference.message), attempt: Int32(result.attempt), step: Int16(result.step),
            answer: result.answer.map { Int16($0) })
        entries[reference.entry].reports.append(report)
        if result.outcome != .failed { entries[reference.entry].reportsPending -= 1 }
        if result.outcome == .givenUp { entries[reference.entry].reportsGivenUp += 1 }
        return true
    }

    mutating func reset() {
        let next = generation + 1
        self = LedgerBook()
        generation = next
    }

    private mutating func take(
        _ submission: Submission, key: String, at position: Int, isAnswered: Bool, _ reportsWanted: Bool,
        _ plan: FaultPlan
    ) -> (LedgerReference, ReportPlan) {
        let ordinal = entries[position].taken.count
        let steps = submission.life.steps.count
        let reports = plan.reports(of: key, acceptance: ordinal + 1, steps: steps)
        let planned = reportsWanted ? reports.reports.count : 0
        entries[position].taken.append(
            LedgerEntry.Taken(
                sid: submission.sid, isAnswered: isAnswered, planned: planned, isDropped: reports.isDropped,
                isShuffled: reports.isShuffled))
        if reports.isDropped {
            summary.reportsDropped += planned
        } else {
            summary.reportsPlanned += planned
            entries[position].reportsPending += planned
        }
        if ordinal > 0, submission.delivery != nil { summary.duplicates += 1 }
        return (LedgerReference(generation: generation, entry: position, message: ordinal), reports)
    }

    private mutating func position(of submission: Submission, key: String, bodyHash: BodyHash) -> Int {
        let name = Name(provider: submission.provider, key: key)
        if let known = positions[name] { return known }
        let position = entries.count
        positions[name] = position
        summary.messages += 1
        entries.append(
            LedgerEntry(
                provider: submission.provider, delivery: submission.delivery, to: submission.to, bodyHash: bodyHash,
                life: submission.life, attachments: submission.attachments))
        return position
    }

    private mutating func countReport(_ result: CallbackResult) {
        summary.reportsSent += 1
        switch result.outcome {
        case .acknowledged:
            summary.reportsAcknowledged += 1
        case .failed:
            summary.reportsFailed += 1
        case .givenUp:
            summary.reportsFailed += 1
            summary.reportsGivenUp += 1
        }
    }

    private mutating func countInbound(_ result: CallbackResult) {
        summary.inboundSent += 1
        switch result.outcome {
        case .acknowledged: summary.inboundAcknowledged += 1
        case .failed: break
        case .givenUp: summary.inboundGivenUp += 1
        }
    }
}
