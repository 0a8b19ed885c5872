public import ChannelSDK
import Logging
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
public struct ChannelTestKit<Module: Channel>: Sendable {
    public let channel: Module
    /// The module's graph, which obeys the status law: else the kit would not have been made.
    public let order: StatusOrder
    /// Printed with each failure that random bytes brought about; give it again to see the same.
    public let seed: UInt64
    public let host: ChannelHost
    let secrets: [String]

    /// - Parameters:
    ///   - provider: one of the descriptor's.
    ///   - settings: as the host would have read them, defaults filled in.
    ///   - unsubscribeLinks: the host's, where it has such addresses.
    ///   - answer: the provider, for code that calls ``DeliveryClient/deliver(_:)``.
    ///   - reply: the same for mails.
    /// - Throws: what the module finds wrong with its settings, or what is wrong with its status graph.
    public init(
        _ module: Module.Type = Module.self, provider: String, settings: [String: SettingValue],
        seed: UInt64 = .random(in: 0 ... .max), now: Timestamp = Timestamp(seconds: 1_767_323_045),
        unsubscribeLinks: UnsubscribeLinks? = nil,
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResult = { _ in .success(HTTPResponse(status: 200)) },
        reply: @escaping @Sendable (SMTPSubmission) -> SMTPResult = { _ in
            .success(SMTPReply(stage: .message, code: 250, text: "OK"))
        }
    ) throws {
        order = try StatusOrder(checking: Module.statuses)
        host = ChannelHost(
            channel: "under-test", publicURL: "https://notify.example.com",
            transport: ScriptedTransport(reply: reply, answer: answer),
            cache: EmptyCache(), rateLimiter: UnlimitedRateLimiter(), clock: HeldClock(at: now),
            logger: Logger(label: "under-test", factory: { _ in SwiftLogNoOpLogHandler() }),
            unsubscribeLinks: unsubscribeLinks)
        channel = try Module(configuration: ChannelConfiguration(provider: provider, values: settings), host: host)
        self.seed = seed
        secrets = settings.values.compactMap { if case .secret(let secret) = $0 { secret.revealed } else { nil } }
    }

    /// The delivery that every message of the kit belongs to.
    public var delivery: DeliveryID {
        DeliveryID(notification: NotificationID(high: 0x0190_163d_8694_739b, low: 0xaea5_966c_26f8_ad90), ordinal: 1)
    }

    /// The first attempt to submit `content`.
    public func message(_ content: MessageContent) -> OutboundMessage {
        OutboundMessage(
            delivery: delivery, account: "acme", content: content, attempt: 1,
            webhookURL: host.webhookURL(for: delivery))
    }

    /// Checks what the module says about itself, and that neither it nor its parts show a secret.
    public func checkDescriptor(sourceLocation: SourceLocation = #_sourceLocation) {
        let descriptor = Module.descriptor
        let isNamed = !descriptor.name.isEmpty && descriptor.name.utf8.allSatisfy(Self.isNameByte)
        #expect(
            isNamed, "'\(descriptor.name)' is not lower case letters, digits and '-'", sourceLocation: sourceLocation)
        #expect(!descriptor.providers.isEmpty, "there is no provider", sourceLocation: sourceLocation)
        let providers = descriptor.providers.map(\.name)
        #expect(Set(providers).count == providers.count, "a provider is there twice", sourceLocation: sourceLocation)
        for provider in descriptor.providers {
            let names = provider.settings.map(\.name)
            #expect(Set(names).count == names.count, "a setting is there twice", sourceLocation: sourceLocation)
            for setting in provider.settings {
                #expect(!setting.help.isEmpty, "setting '\(setting.name)' has no help", sourceLocation: sourceLocation)
            }
        }
        expectNoSecret(in: channel, "the channel's dump", sourceLocation: sourceLocation)
        expectNoSecret(in: channel.webhooks.verification, "the verification's dump", sourceLocation: sourceLocation)
    }

    /// Checks ``Channel/validate(_:)``.
    public func check(contents cases: [ContentCase]) {
        for one in cases {
            let problems = channel.validate(one.content)
            #expect(
                problems.map(\.field).sorted() == one.fields.sorted(), "\(one.name): \(problems)",
                sourceLocation: one.sourceLocation)
            #expect(problems.allSatisfy { !$0.message.isEmpty }, "\(one.name)", sourceLocation: one.sourceLocation)
        }
    }

    func expectNoSecret(in value: Any, _ what: String, sourceLocation: SourceLocation, alsoHiding more: [String] = []) {
        var text = ""
        dump(value, to: &text)
        text += "\(value)"
        // Only the verdict goes into the expectation, so that a failure does not print the secret once more.
        let isHidden = !(secrets + more).contains { !$0.isEmpty && text.contains($0) }
        #expect(isHidden, "\(what) shows a secret", sourceLocation: sourceLocation)
    }

    func expectInGraph(_ status: StatusName?, _ what: String, sourceLocation: SourceLocation) {
        guard let status else { return }
        #expect(
            order.rank(of: status) != nil, "\(what): the graph has no status '\(status)'",
            sourceLocation: sourceLocation)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "-")
    }
}
