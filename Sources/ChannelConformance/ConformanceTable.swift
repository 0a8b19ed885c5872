public import ChannelSDK

/// What an author knows about a module over one of its providers: what goes in, and what must come out. The suite adds the
/// cases that every module must bear.
///
/// ```swift
/// extension CarrierChannel: ConformanceTested {
///     static var conformanceTables: [ConformanceTable] {
///         var table = ConformanceTable(provider: "carrier", settings: ["token": .secret(Secret("t-0123456789"))])
///         table.answers = [AnswerCase("taken", HTTPResponse(status: 201, body: …), means: .accepted(…))]
///         return [table]
///     }
/// }
/// ```
public struct ConformanceTable: Sendable {
    /// One of the descriptor's.
    public var provider: String
    /// As the host would have read them, defaults filled in. Never real credentials: the table is part of the library.
    public var settings: [String: SettingValue]
    /// A message that the provider takes.
    public var content: MessageContent
    /// The moment at which the channel's clock stands.
    public var now: Timestamp
    /// Settings that differ, and what is wrong with them then.
    public var changes: [SettingsCase] = []
    /// What is refused before it is accepted, and what is not.
    public var contents: [ContentCase] = []
    /// Messages and their requests.
    public var requests: [RequestCase] = []
    /// Answers to ``content``.
    public var answers: [AnswerCase] = []
    /// Messages and their mails.
    public var submissions: [SubmissionCase] = []
    /// Replies to ``content``.
    public var replies: [ReplyCase] = []
    /// Webhooks and what they say.
    public var webhooks: [WebhookCase] = []
    /// Webhooks, and how the provider signs them.
    public var verification: [VerificationCase] = []
    /// Reports that must end in one status in any order.
    public var convergence: [ConvergenceCase] = []
    /// Where the author wrote it.
    public let location: CaseLocation

    public init(
        provider: String, settings: [String: SettingValue],
        content: MessageContent = MessageContent(recipient: "+15551230001", body: "Hello"),
        now: Timestamp = ConformanceSuite.usualTime,
        fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) {
        (self.provider, self.settings, self.content, self.now) = (provider, settings, content, now)
        location = CaseLocation(fileID: fileID, filePath: filePath, line: line, column: column)
    }
}

/// A channel module that carries its tables: its own tests and `switchboard channel verify` run them.
public protocol ConformanceTested: Channel {
    /// One for each provider, or several.
    static var conformanceTables: [ConformanceTable] { get }
}

extension ChannelModule {
    /// What the module's author wrote down; empty for a module that carries none.
    public var conformanceTables: [ConformanceTable] {
        (type as? any ConformanceTested.Type)?.conformanceTables ?? []
    }
}
