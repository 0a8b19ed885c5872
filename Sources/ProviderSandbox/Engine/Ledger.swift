import Logging
import Synchronization

/// Everything that the sandbox was asked, took and reported. `GET /ledger` shows it.
final class Ledger: CallbackJournal {
    private let book = Mutex(LedgerBook())
    private let plan: FaultPlan
    private let logger: Logger

    init(plan: FaultPlan, logger: Logger) {
        self.plan = plan
        self.logger = logger
    }

    /// Decides about a request and writes down what was decided, in one step.
    /// - Parameter reportsWanted: false when the request names no callback URL.
    func admit(_ submission: Submission, reportsWanted: Bool) -> Admission {
        let bodyHash = submission.bodyHash
        let admission = book.withLock {
            $0.admit(submission, bodyHash: bodyHash, reportsWanted: reportsWanted, by: plan)
        }
        logger.info(
            "message",
            metadata: [
                "delivery": "\(submission.delivery ?? "-")", "sid": "\(submission.sid)", "fate": "\(admission.fate)",
            ])
        return admission
    }

    /// Writes down a request that the provider's API answered with a permanent error.
    func reject(_ submission: Submission) {
        let bodyHash = submission.bodyHash
        book.withLock { $0.reject(submission, bodyHash: bodyHash) }
        logger.info("message rejected", metadata: ["delivery": "\(submission.delivery ?? "-")"])
    }

    func record(_ result: CallbackResult) -> Bool {
        logger.info(
            "report",
            metadata: [
                "message": "\(result.reference?.entry ?? -1)", "step": "\(result.step)", "try": "\(result.attempt)",
                "answer": "\(result.answer ?? 0)", "outcome": "\(result.outcome)",
            ])
        let time = CivilTime.now()
        return book.withLock { $0.record(result, at: time) }
    }

    var summary: LedgerSummary { book.withLock { $0.summary } }

    /// The entries after the first `count` ones, at most `limit`.
    func entries(after count: Int, limit: Int) -> ArraySlice<LedgerEntry> {
        book.withLock { $0.entries.dropFirst(count).prefix(limit) }
    }

    /// Empties the ledger. Reports still to be sent are no longer written down.
    func reset() {
        book.withLock { $0.reset() }
    }
}
