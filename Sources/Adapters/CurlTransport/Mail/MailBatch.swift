internal import ChannelSDK

/// The mails of one call of `submit`.
final class MailBatch: Sendable {
    let mails: [SMTPSubmission]
    private let completion: @Sendable ([SMTPCompletion]) -> Void

    init(mails: [SMTPSubmission], completion: @escaping @Sendable ([SMTPCompletion]) -> Void) {
        self.mails = mails
        self.completion = completion
    }

    func finish(_ index: Int, _ result: SMTPResult) {
        completion([SMTPCompletion(index: index, result: result)])
    }
}

/// One mail on its way.
struct MailJob: Sendable {
    let batch: MailBatch
    let index: Int
    let deadline: Deadline

    var mail: SMTPSubmission { batch.mails[index] }

    func finish(_ result: SMTPResult) { batch.finish(index, result) }

    func fail(_ reason: TransportFailure.Reason, _ message: String) {
        finish(.failure(TransportFailure(reason: reason, mayHaveBeenSent: false, message: message)))
    }
}
