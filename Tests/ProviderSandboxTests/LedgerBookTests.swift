import Testing

@testable import ProviderSandbox

@Suite("The ledger's book")
struct LedgerBookTests {
    private let ordinary = MessageLife(initial: TwilioStatus.queued, reports: [.sent, .delivered])

    private func submission(_ delivery: String?, body: String = "hello", fate: RequestFate? = nil) -> Submission {
        Submission(
            provider: "twilio", delivery: delivery, to: "+15551234567", body: body, sid: "SM1", life: ordinary,
            fate: fate)
    }

    private func admit(
        _ submission: Submission, in book: inout LedgerBook, rates: FaultRates = FaultRates(), reports: Bool = true
    ) -> Admission {
        book.admit(
            submission, bodyHash: submission.bodyHash, reportsWanted: reports, by: FaultPlan(seed: 7, rates: rates))
    }

    @Test("every fate is counted in the entry and in the totals, and only a taken message is reported")
    func fates() {
        let fates: [RequestFate] = [
            .throttled, .refused(status: 500), .closed, .hung(taken: false), .hung(taken: true), .answerLost, .answered,
        ]
        var book = LedgerBook()
        for fate in fates {
            let admission = admit(submission("a", fate: fate), in: &book)
            #expect(admission.fate == fate)
            #expect((admission.taken != nil) == fate.isTaken)
        }
        book.reject(submission("b"), bodyHash: submission("b").bodyHash)
        let expected = LedgerEntry.Attempts(
            answered: 1, answerLost: 1, hung: 2, hungTaken: 1, refused: 1, throttled: 1, closed: 1)
        #expect(book.entries[0].attempts == expected)
        #expect(book.entries[0].attempts.accepted == 3)
        #expect(book.entries[0].attempts.unanswered == 4)
        #expect(book.entries[1].attempts == LedgerEntry.Attempts(rejected: 1))
        #expect(book.summary.attempts.total == 8)
        #expect(book.summary.messages == 2)
        #expect(book.summary.duplicates == 2)
        #expect(book.summary.reportsPending == 6)
    }

    @Test("two messages without a delivery are no duplicates, even when they are alike")
    func noDelivery() {
        var book = LedgerBook()
        _ = admit(submission(nil), in: &book)
        _ = admit(submission(nil), in: &book)
        _ = admit(submission(nil, body: "other"), in: &book)
        #expect(book.summary.duplicates == 0)
        #expect(book.entries.map(\.attempts.accepted) == [2, 1])
    }

    @Test("the final status is the one that a right receiver can know")
    func finalStatus() {
        var book = LedgerBook()
        let drop = FaultRates(drop: 1)
        _ = admit(submission("reported", fate: .answerLost), in: &book)
        _ = admit(submission("refused", fate: .throttled), in: &book)
        _ = admit(submission("dropped", fate: .answered), in: &book, rates: drop)
        _ = admit(submission("dropped, lost", fate: .answerLost), in: &book, rates: drop)
        _ = admit(submission("no callback", fate: .answered), in: &book, reports: false)
        #expect(book.entries.map(\.finalStatus) == ["delivered", nil, "queued", nil, "queued"])
        #expect(book.summary.reportsDropped == 4)
        #expect(book.summary.reportsPending == 2)
    }

    @Test("tries, acknowledgements and reports given up add up")
    func reports() throws {
        var book = LedgerBook()
        let reference = try #require(admit(submission("a"), in: &book).taken?.reference)
        func record(_ step: Int, attempt: Int, _ answer: Int?, _ outcome: CallbackResult.Outcome) -> Bool {
            let result = CallbackResult(
                reference: reference, step: step, attempt: attempt, answer: answer, outcome: outcome)
            return book.record(result, at: 1)
        }
        let known = [
            record(0, attempt: 1, 500, .failed), record(0, attempt: 2, 200, .acknowledged),
            record(1, attempt: 1, nil, .givenUp),
        ]
        #expect(known == [true, true, true])
        #expect(book.summary.reportsSent == 3)
        #expect(book.summary.reportsAcknowledged == 1)
        #expect(book.summary.reportsFailed == 2)
        #expect(book.summary.reportsGivenUp == 1)
        #expect(book.summary.reportsPending == 0)
        #expect(book.entries[0].reportsPending == 0)
        #expect(book.entries[0].reports.map(\.answer) == [500, 200, nil])
    }

    @Test("what is reported about a message from before a reset is no longer written down")
    func reset() throws {
        var book = LedgerBook()
        let reference = try #require(admit(submission("a"), in: &book).taken?.reference)
        book.reset()
        let late = CallbackResult(reference: reference, step: 0, attempt: 1, answer: 200, outcome: .acknowledged)
        let known = book.record(late, at: 1)
        #expect(!known)
        #expect(book.summary == LedgerSummary())
        #expect(book.entries.isEmpty)
    }
}
