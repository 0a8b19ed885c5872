// An author's tests need the tables' types as much as the kit: one import gives both.
@_exported public import ChannelConformance
public import ChannelSDK
public import Testing

/// Tests a channel module by tables: the author writes what goes in and what must come out, and the kit adds the cases
/// that every module must bear (damaged bytes, echoed secrets, forged webhooks, reports in any order). A failure points
/// at the line of the table.
///
/// ```swift
/// let kit = try ChannelTestKit(SMSChannel.self, provider: "twilio", settings: ["auth_token": .secret(token), …])
/// kit.check(answers: [
///     AnswerCase("opt-out", HTTPResponse(status: 400, body: …), means: .rejected(…)),
/// ])
/// ```
///
/// A module whose tables are its own (`ConformanceTested`) is tested as a whole by
/// ``expectConformance(of:seed:sourceLocation:)``.
public struct ChannelTestKit<Running: Sendable>: Sendable {
    /// The instance that is tested.
    public let channel: Running
    /// The checks themselves, which say what they find instead of failing a test.
    public let suite: ConformanceSuite

    /// The module's graph, which obeys the status law: else the kit would not have been made.
    public var order: StatusOrder { suite.order }
    /// Printed with each failure that random bytes brought about; give it again to see the same.
    public var seed: UInt64 { suite.seed }
    /// What the instance was given.
    public var host: ChannelHost { suite.host }

    /// - Parameters:
    ///   - provider: one of the descriptor's.
    ///   - settings: as the host would have read them, defaults filled in.
    ///   - unsubscribeLinks: the host's, where it has such addresses.
    ///   - answer: the provider, for code that calls `DeliveryClient.deliver(_:)`.
    ///   - reply: the same for mails.
    /// - Throws: what the module finds wrong with its settings, or what is wrong with its status graph.
    public init(
        _ module: Running.Type = Running.self, provider: String, settings: [String: SettingValue],
        seed: UInt64 = .random(in: 0 ... .max), now: Timestamp = ConformanceSuite.usualTime,
        unsubscribeLinks: UnsubscribeLinks? = nil,
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResult = { _ in .success(HTTPResponse(status: 200)) },
        reply: @escaping @Sendable (SMTPSubmission) -> SMTPResult = { _ in
            .success(SMTPReply(stage: .message, code: 250, text: "OK"))
        }
    ) throws where Running: Channel {
        try self.init(
            ConformanceSuite(
                ChannelModule(module), provider: provider, settings: settings, seed: seed, now: now,
                unsubscribeLinks: unsubscribeLinks, answer: answer, reply: reply))
    }

    /// The same for a module that has no type to name: a loaded or a declared one.
    public init(
        module: ChannelModule, provider: String, settings: [String: SettingValue],
        seed: UInt64 = .random(in: 0 ... .max), now: Timestamp = ConformanceSuite.usualTime,
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResult = { _ in .success(HTTPResponse(status: 200)) },
        reply: @escaping @Sendable (SMTPSubmission) -> SMTPResult = { _ in
            .success(SMTPReply(stage: .message, code: 250, text: "OK"))
        }
    ) throws where Running == any RunningChannel {
        try self.init(
            ConformanceSuite(
                module, provider: provider, settings: settings, seed: seed, now: now, answer: answer, reply: reply))
    }

    private init(_ suite: ConformanceSuite) throws {
        guard let channel = suite.channel as? Running else { throw UnexpectedChannel(type: "\(Running.self)") }
        self.channel = channel
        self.suite = suite
    }

    private struct UnexpectedChannel: Error { let type: String }

    /// The delivery that every message of the kit belongs to.
    public var delivery: DeliveryID { ConformanceSuite.delivery }

    /// The first attempt to submit `content`.
    public func message(_ content: MessageContent) -> OutboundMessage { suite.message(content) }

    /// Checks what the module says about itself, and that neither it nor its parts show a secret.
    public func checkDescriptor(sourceLocation: SourceLocation = #_sourceLocation) {
        let findings = ConformanceSuite.check(descriptor: suite.module.descriptor) + suite.checkSecrecy()
        findings.record(at: sourceLocation)
    }
}

extension [ConformanceFinding] {
    /// A failure for each finding, at the line of its table, else at `place`.
    func record(at place: SourceLocation) {
        for finding in self {
            let line = finding.location.map {
                SourceLocation(fileID: $0.fileID, filePath: $0.filePath, line: $0.line, column: $0.column)
            }
            Issue.record(
                Comment(rawValue: "\(finding.check.rawValue): \(finding.message)"), sourceLocation: line ?? place)
        }
    }
}
