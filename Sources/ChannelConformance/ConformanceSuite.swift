public import ChannelSDK
import Logging

/// Checks one configured channel, whichever way its module came to be: compiled in, loaded or declared. Nothing leaves the
/// process, and the channel's clock stands.
///
/// Each check returns what it found wrong; an empty list is a pass. ``ConformanceRun`` runs all of them.
public struct ConformanceSuite: Sendable {
    /// 2026-01-02 03:04:05 UTC.
    public static let usualTime = Timestamp(seconds: 1_767_323_045)

    /// The delivery that every message of the suite belongs to.
    public static let delivery = DeliveryID(
        notification: NotificationID(high: 0x0190_163d_8694_739b, low: 0xaea5_966c_26f8_ad90), ordinal: 1)

    /// Where providers are told to report on ``delivery``.
    public static var webhookURL: String { "\(publicURL)/webhooks/\(channelName)?delivery=\(delivery)" }

    static let publicURL = "https://notify.example.com"
    static let channelName = "under-test"

    /// The module that is checked.
    public let module: ChannelModule
    /// An instance of it.
    public let channel: any RunningChannel
    /// The module's graph, which obeys the status law: else the suite would not have been made.
    public let order: StatusOrder
    /// Decides every random byte: the same seed gives the same again.
    public let seed: UInt64
    /// What the instance was given.
    public let host: ChannelHost
    let provider: String
    let settings: [String: SettingValue]
    let secrets: [String]

    /// - Parameters:
    ///   - provider: one of the descriptor's.
    ///   - settings: as the host would have read them, defaults filled in.
    ///   - answer: the provider, for code that calls `DeliveryClient.deliver(_:)`.
    ///   - reply: the same for mails.
    /// - Throws: `ConfigurationProblems` that the module finds, or the `StatusGraphRefusal` of its status graph.
    public init(
        _ module: ChannelModule, provider: String, settings: [String: SettingValue], seed: UInt64,
        now: Timestamp = Self.usualTime, unsubscribeLinks: UnsubscribeLinks? = nil,
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResult = { _ in .success(HTTPResponse(status: 200)) },
        reply: @escaping @Sendable (SMTPSubmission) -> SMTPResult = { _ in
            .success(SMTPReply(stage: .message, code: 250, text: "OK"))
        }
    ) throws {
        order = try StatusOrder(checking: module.statuses)
        host = ChannelHost(
            channel: Self.channelName, publicURL: Self.publicURL,
            transport: ScriptedTransport(reply: reply, answer: answer), cache: EmptyCache(),
            rateLimiter: UnlimitedRateLimiter(), clock: HeldClock(at: now),
            logger: Logger(label: Self.channelName, factory: { _ in SwiftLogNoOpLogHandler() }),
            unsubscribeLinks: unsubscribeLinks)
        channel = try module.instance(ChannelConfiguration(provider: provider, values: settings), host)
        self.module = module
        self.seed = seed
        self.provider = provider
        self.settings = settings
        secrets = settings.values.compactMap { if case .secret(let secret) = $0 { secret.revealed } else { nil } }
    }

    /// The first attempt to submit `content`.
    public func message(_ content: MessageContent) -> OutboundMessage {
        OutboundMessage(
            delivery: Self.delivery, account: "acme", content: content, attempt: 1,
            webhookURL: host.webhookURL(for: Self.delivery))
    }

    /// Checks `RunningChannel.validate(_:)`.
    public func check(contents cases: [ContentCase]) -> [ConformanceFinding] {
        var list = findings(.contents)
        for one in cases {
            let problems = channel.validate(one.content)
            list.expect(
                problems.map(\.field).sorted(), is: one.fields.sorted(), at: one.location, "'\(one.name)': the fields")
            list.expect(
                problems.allSatisfy { !$0.message.isEmpty }, at: one.location,
                "'\(one.name)': a problem says nothing: its message is empty")
        }
        return list.findings
    }

    /// Checks that neither the channel nor its parts show a secret to who dumps or prints them.
    public func checkSecrecy(at location: CaseLocation? = nil) -> [ConformanceFinding] {
        var list = findings(.secrecy)
        list.expectNoSecret(in: channel, self, at: location, "the channel's dump")
        list.expectNoSecret(in: channel.webhooks.verification, self, at: location, "the verification's dump")
        return list.findings
    }

    func findings(_ check: ConformanceCheck) -> FindingList { FindingList(check, hiding: secrets) }
}

extension FindingList {
    mutating func expectNoSecret(
        in value: Any, _ suite: ConformanceSuite, at location: CaseLocation?, _ what: String,
        alsoHiding more: [String] = []
    ) {
        var text = ""
        dump(value, to: &text)
        text += "\(value)"
        let shows = (suite.secrets + more).contains { !$0.isEmpty && text.contains($0) }
        expect(!shows, at: location, "\(what) shows a secret: keep it as a Secret, and redact what others say")
    }

    mutating func expectInGraph(
        _ status: StatusName?, _ suite: ConformanceSuite, at location: CaseLocation?, _ what: String
    ) {
        guard let status else { return }
        expect(
            suite.order.rank(of: status) != nil, at: location,
            "\(what): the graph has no status '\(status)': declare it, or report it as unknown")
    }
}
