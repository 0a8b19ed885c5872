import ChannelSDK
import ChannelTesting
import ChannelWhatsApp
import Synchronization
import Testing

/// Text that the closed 24-hour window keeps out, and the template in its place.
@Suite struct FallbackTests {
    /// What each provider's tests have in common.
    struct Provider: Sendable, CustomTestStringConvertible {
        let name: String
        let kit:
            @Sendable (_ only: Bool, _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResult) throws ->
                ChannelTestKit<WhatsAppChannel>
        let closed: HTTPResponse
        let taken: HTTPResponse
        let refused: HTTPResponse
        /// Of a request by the template, in its body.
        let mark: String
        let acceptance: Acceptance
        /// Options that name a template of the message's own.
        let ownTemplate: [String: String]

        var testDescription: String { name }
    }

    static let meta = Provider(
        name: "meta",
        kit: { only, answer in
            try MetaAccount.kit(
                ["fallback_template": .string("notice"), "template_only": .boolean(only)], answer: answer)
        },
        closed: MetaAccount.error(400, code: 131047), taken: MetaAccount.taken(),
        refused: MetaAccount.error(404, code: 132001), mark: #""template":{"components""#,
        acceptance: Acceptance(providerMessageID: MetaAccount.messageID), ownTemplate: ["template_name": "own"])

    static let twilio = Provider(
        name: "twilio",
        kit: { only, answer in
            try TwilioAccount.kit(
                ["fallback_template": .string(TwilioAccount.template), "template_only": .boolean(only)], answer: answer)
        },
        closed: TwilioAccount.error(400, code: 63016), taken: TwilioAccount.taken(),
        refused: TwilioAccount.error(400, code: 63027), mark: "ContentSid=",
        acceptance: Acceptance(providerMessageID: TwilioAccount.messageSID, status: "queued"),
        ownTemplate: ["content_sid": "HX00000000000000000000000000000000"])

    static let providers = [meta, twilio]

    /// What a provider was asked, and what it answers.
    private final class Conversation: Sendable {
        private let asked = Mutex<[HTTPRequest]>([])
        private let answer: @Sendable (_ isTemplate: Bool) -> HTTPResult
        private let mark: String

        init(_ provider: Provider, answer: @escaping @Sendable (_ isTemplate: Bool) -> HTTPResult) {
            mark = provider.mark
            self.answer = answer
        }

        var bodies: [String] { asked.withLock { $0.map { String(decoding: $0.body, as: UTF8.self) } } }

        func handle(_ request: HTTPRequest) -> HTTPResult {
            asked.withLock { $0.append(request) }
            return answer(String(decoding: request.body, as: UTF8.self).contains(mark))
        }
    }

    private func content(_ body: String = "Hi there", _ options: [String: String] = [:]) -> MessageContent {
        MessageContent(recipient: "+15551230001", body: body, options: options)
    }

    private func deliver(_ contents: [MessageContent], _ provider: Provider, _ conversation: Conversation) async throws
        -> [DeliveryOutcome]
    {
        let kit = try provider.kit(false) { conversation.handle($0) }
        return await kit.channel.delivery.deliver(contents.map(kit.message))
    }

    @Test(arguments: providers)
    func aClosedWindowLeadsToTheTemplate(provider: Provider) async throws {
        let conversation = Conversation(provider) { .success($0 ? provider.taken : provider.closed) }
        let outcomes = try await deliver([content()], provider, conversation)
        #expect(outcomes == [.accepted(provider.acceptance)])
        #expect(conversation.bodies.map { $0.contains(provider.mark) } == [false, true])
    }

    @Test(arguments: providers)
    func anOpenWindowNeedsNone(provider: Provider) async throws {
        let conversation = Conversation(provider) { _ in .success(provider.taken) }
        let outcomes = try await deliver([content()], provider, conversation)
        #expect(outcomes == [.accepted(provider.acceptance)])
        #expect(conversation.bodies.map { $0.contains(provider.mark) } == [false])
    }

    /// What else goes wrong with the text is what the outcome says; and no template is sent for what may have arrived.
    @Test(arguments: providers)
    func otherOutcomesOfTheTextStay(provider: Provider) async throws {
        for mayHaveBeenSent in [true, false] {
            let conversation = Conversation(provider) { _ in
                .failure(TransportFailure(reason: .timeout, mayHaveBeenSent: mayHaveBeenSent, message: "too slow"))
            }
            let failure = DeliveryFailure(.transient, code: "timeout", message: "too slow")
            let outcomes = try await deliver([content()], provider, conversation)
            #expect(outcomes == [mayHaveBeenSent ? .uncertain(failure) : .retry(failure)])
            #expect(conversation.bodies.count == 1)
        }
        let conversation = Conversation(provider) { _ in .success(provider.refused) }
        guard case .rejected = try await deliver([content()], provider, conversation).first else {
            Issue.record("not rejected")
            return
        }
        #expect(conversation.bodies.count == 1)
    }

    @Test(arguments: providers)
    func aFailureOfTheTemplateSaysSo(provider: Provider) async throws {
        let conversation = Conversation(provider) { .success($0 ? provider.refused : provider.closed) }
        guard case .rejected(let failure) = try await deliver([content()], provider, conversation).first else {
            Issue.record("not rejected")
            return
        }
        #expect(failure.message.contains("fallback template"))
        let lost = Conversation(provider) { isTemplate in
            guard isTemplate else { return .success(provider.closed) }
            return .failure(TransportFailure(reason: .reset, mayHaveBeenSent: true, message: "reset"))
        }
        guard case .uncertain(let failure) = try await deliver([content()], provider, lost).first else {
            Issue.record("not uncertain")
            return
        }
        #expect(failure.code == "reset")
    }

    /// A template of the message's own would fail again, and media have no place in the fallback.
    @Test(arguments: providers)
    func onlyTextFallsBack(provider: Provider) async throws {
        for options in [provider.ownTemplate, ["media_url": "https://a.example/1.png"]] {
            let conversation = Conversation(provider) { _ in .success(provider.closed) }
            guard case .rejected = try await deliver([content("Hi", options)], provider, conversation).first else {
                Issue.record("not rejected: \(options)")
                continue
            }
            #expect(conversation.bodies.count == 1, "\(options)")
        }
    }

    @Test(arguments: providers)
    func eachMessageInItsPlace(provider: Provider) async throws {
        let conversation = Conversation(provider) { .success($0 ? provider.taken : provider.closed) }
        let outcomes = try await deliver(
            [content("1"), content("2", provider.ownTemplate), content("3")], provider, conversation)
        #expect(outcomes == Array(repeating: .accepted(provider.acceptance), count: 3))
        #expect(conversation.bodies.filter { $0.contains(provider.mark) }.count == 3)
        #expect(conversation.bodies.count == 5)
    }

    /// Two requests have to end within the time that the host gives one attempt: twice the channel's timeout.
    @Test(arguments: [(10_000, 8000), (1000, 800), (100, 80), (60_000, 48_000)])
    func requestsAreLimitedInTime(timeout: Int, limit: Int) async throws {
        let limits = Mutex<[Duration]>([])
        struct Watch: Transport {
            let base: ScriptedTransport
            let note: @Sendable (Duration) -> Void

            func submit(
                _ requests: [HTTPRequest], defaultTimeout: Duration,
                completion: @escaping @Sendable ([TransportCompletion]) -> Void
            ) {
                note(defaultTimeout)
                base.submit(requests, defaultTimeout: defaultTimeout, completion: completion)
            }
        }
        let kit = try Self.meta.kit(false) { _ in .success(Self.meta.closed) }
        let watch = Watch(base: ScriptedTransport { _ in .success(Self.meta.closed) }) { limit in
            limits.withLock { $0.append(limit) }
        }
        let host = ChannelHost(
            channel: kit.host.channel, publicURL: kit.host.publicURL, transport: watch, cache: kit.host.cache,
            rateLimiter: kit.host.rateLimiter, clock: kit.host.clock, logger: kit.host.logger,
            timeout: .milliseconds(timeout))
        let settings = MetaAccount.settings(["fallback_template": .string("notice")])
        let channel = try WhatsAppChannel(
            configuration: ChannelConfiguration(provider: "meta", values: settings), host: host)
        _ = await channel.delivery.deliver([kit.message(content())])
        #expect(limits.withLock { $0 } == [.milliseconds(limit), .milliseconds(limit)])
    }

    // MARK: The template's request

    @Test func templateOnlySendsEveryTextByTheTemplate() throws {
        let meta = try MetaAccount.kit([
            "fallback_template": .string("notice"), "template_only": .boolean(true), "template_language": .string("pl"),
        ])
        func body(_ components: String, name: String = "notice", language: String = "pl") -> [UInt8] {
            Array(
                (#"{"biz_opaque_callback_data":"\#(meta.delivery)","messaging_product":"whatsapp","#
                    + #""recipient_type":"individual","template":{"components":[\#(components)],"language":{"code":"\#(language)"},"#
                    + #""name":"\#(name)"},"to":"15551230001","type":"template"}"#).utf8)
        }
        let client = try #require(meta.channel.delivery as? any HTTPDeliveryClient)
        func sent(_ content: MessageContent) throws -> [UInt8] { try client.request(for: meta.message(content)).body }
        let lines = #"{"parameters":[{"text":"Hi \"there\" Ada","type":"text"}],"type":"body"}"#
        #expect(try sent(content(" Hi \"there\"\n\n\tAda     ")) == body(lines))
        #expect(
            try sent(content(" Hi \"there\"\u{2028}Ada", ["template_language": "de"])) == body(lines, language: "de"))
        #expect(try sent(content("Hi", ["template_name": "own"])) == body("", name: "own"))
        let image = try sent(content("Hi", ["media_url": "https://a/1.png"]))
        #expect(String(decoding: image, as: UTF8.self).contains(#""type":"image""#))

        let twilio = try TwilioAccount.kit([
            "fallback_template": .string(TwilioAccount.template), "template_only": .boolean(true),
        ])
        let form = try #require(twilio.channel.delivery as? any HTTPDeliveryClient)
        let pairs = FormEncoding.decode(try form.request(for: twilio.message(content("Hi\nthere"))).body).dropFirst(3)
        #expect(
            Array(pairs) == [
                .init("ContentSid", TwilioAccount.template), .init("ContentVariables", #"{"1":"Hi there"}"#),
            ])
    }
}
