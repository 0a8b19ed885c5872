import Crypto
import NIOCore

/// A valid request to send a message, before its fate is known.
struct Submission: Sendable {
    /// Of the provider that got it, such as `twilio`.
    var provider: String
    /// The sender's own name for the message: the `delivery` item of the callback's query.
    var delivery: String?
    var to: String
    var body: String
    /// The provider's name for the message, if it is taken.
    var sid: String
    var life: MessageLife
    /// What becomes of the request whatever the knobs say; nil to draw it.
    var fate: RequestFate?
    var attachments: [SubmittedFile] = []

    /// What the message's decisions are keyed by. Without a ``delivery``, messages with the same recipient and body
    /// count as attempts of one.
    var key: String {
        delivery ?? "\(to)\n\(body)"
    }

    var bodyHash: BodyHash {
        var body = body
        return body.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
    }
}

/// What the ledger decided about a submission.
struct Admission: Sendable {
    var fate: RequestFate
    var answerDelay: TimeAmount
    /// Where the message is in the ledger, and what will be reported; nil when it was not taken.
    var taken: (reference: LedgerReference, plan: ReportPlan)?
}

/// A message in the ledger.
struct LedgerReference: Sendable, Hashable {
    /// Which ledger: it grows when the ledger is emptied.
    var generation: Int
    var entry: Int
    /// Which of the messages that were taken under this entry.
    var message: Int
}
