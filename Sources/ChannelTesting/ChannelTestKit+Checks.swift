public import ChannelConformance
public import ChannelSDK
public import Testing

/// The suite's checks, each finding a failure of the test at the table's line.
extension ChannelTestKit {
    /// Checks what the module finds wrong with its settings: what the table says about each change, and each setting
    /// missing, of another kind and odd. See `ConformanceSuite.check(settings:at:)`.
    public func checkSettings(_ cases: [SettingsCase] = [], sourceLocation: SourceLocation = #_sourceLocation) {
        suite.check(settings: cases).record(at: sourceLocation)
    }

    /// Checks `RunningChannel.validate(_:)`.
    public func check(contents cases: [ContentCase], sourceLocation: SourceLocation = #_sourceLocation) {
        suite.check(contents: cases).record(at: sourceLocation)
    }

    /// Checks the requests of an HTTP client: each to the letter; the same when made again; with the delivery's id in it, so
    /// that reports find the delivery; without a secret in its description.
    public func check(requests cases: [RequestCase], sourceLocation: SourceLocation = #_sourceLocation) {
        suite.check(requests: cases).record(at: sourceLocation)
    }

    /// Checks how the client reads answers: each one as the table says; then each one cut at every byte, damaged at
    /// random, and with the request's secrets echoed in it. Whatever comes is an outcome, of the graph's statuses and
    /// without a secret. Besides: 429 with a delay and without, 5xx, answers without end, and no answer at all.
    public func check(
        answers cases: [AnswerCase], to content: MessageContent, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let faults = cases.first.map { suite.checkFaults(of: content, at: $0.location) } ?? []
        (faults + suite.check(answers: cases, to: content)).record(at: sourceLocation)
    }

    /// Checks the mails of an SMTP client: each to the letter; the same when made again; with the delivery's id in it, so
    /// that bounces find the delivery; without a secret in it or in its description.
    public func check(submissions cases: [SubmissionCase], sourceLocation: SourceLocation = #_sourceLocation) {
        suite.check(submissions: cases).record(at: sourceLocation)
    }

    /// Checks how the client reads replies: each one as the table says; then each one about everything else that a reply
    /// can be about, with other codes and words, and with the secrets echoed in it. Whatever comes is an outcome, of the
    /// graph's statuses and without a secret; only a mail that was taken is accepted. Besides: no reply at all.
    public func check(
        replies cases: [ReplyCase], to content: MessageContent, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let faults = cases.first.map { suite.checkFaults(of: content, at: $0.location) } ?? []
        (faults + suite.check(replies: cases, to: content)).record(at: sourceLocation)
    }

    /// Checks how the parser reads webhooks: each one as the table says, the same again, with a field and with a status that
    /// nobody has heard of; then each one cut at every byte, damaged at random, and under content types that are not its
    /// own: it must bear that, and report statuses of the graph only. Those that speak of one delivery end in one status in
    /// any order.
    public func check(webhooks cases: [WebhookCase], sourceLocation: SourceLocation = #_sourceLocation) {
        (suite.check(webhooks: cases) + suite.check(convergenceOf: cases)).record(at: sourceLocation)
    }

    /// Checks the declared verification: genuine as `sign` makes the request; refused without that, with any byte of the
    /// proof changed, and, where the scheme covers the body, with one byte more or less there, or any one changed.
    /// - Parameter coversBody: false for a scheme that proves the sender only.
    public func check(
        verificationOf requests: [WebhookRequest], coversBody: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation,
        signedBy sign: @escaping @Sendable (WebhookRequest) -> WebhookRequest
    ) async {
        let one = VerificationCase(
            of: requests, coversBody: coversBody, fileID: sourceLocation.fileID, filePath: sourceLocation.filePath,
            line: sourceLocation.line, column: sourceLocation.column, signedBy: sign)
        await suite.check(verification: [one]).record(at: sourceLocation)
    }

    /// Checks that the reports of `requests`, which are about one delivery, end in `status` in whatever order they come,
    /// each of them twice.
    /// - Parameter acceptance: what the answer to the submission said, which may come at any time between them.
    public func check(
        anyOrderOf requests: [WebhookRequest], with acceptance: Acceptance? = nil, endsIn status: StatusName,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let one = ConvergenceCase(
            "\(requests.count) reports", anyOrderOf: requests, with: acceptance, endsIn: status,
            fileID: sourceLocation.fileID,
            filePath: sourceLocation.filePath, line: sourceLocation.line, column: sourceLocation.column)
        suite.check(convergence: [one]).record(at: sourceLocation)
    }
}
