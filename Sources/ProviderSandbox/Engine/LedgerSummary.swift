/// The ledger's totals.
struct LedgerSummary: Sendable, Hashable {
    /// Different messages asked for, taken or not.
    var messages = 0
    var attempts = LedgerEntry.Attempts()
    /// Times that a message was taken which had been taken before, by its `delivery`.
    var duplicates = 0
    /// Reports of messages whose reports are never sent.
    var reportsDropped = 0
    /// Reports that are to be sent, repeats by `--duplicate` included.
    var reportsPlanned = 0
    /// Tries to send a report.
    var reportsSent = 0
    /// Reports answered 2xx.
    var reportsAcknowledged = 0
    /// Tries that were not answered 2xx.
    var reportsFailed = 0
    /// Reports that were not answered 2xx for so long that they are not tried again.
    var reportsGivenUp = 0
    /// Reports still to be sent.
    var reportsPending: Int { reportsPlanned - reportsAcknowledged - reportsGivenUp }
    var inboundSent = 0
    var inboundAcknowledged = 0
    var inboundGivenUp = 0
}
