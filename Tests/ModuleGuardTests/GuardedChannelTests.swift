import ChannelSDK
import Logging
import Pipeline
import Synchronization
import Testing

@testable import ModuleGuard

@Suite(.timeLimit(.minutes(10))) struct GuardedChannelTests {
    static let statuses = StatusGraph(
        version: 1, statuses: [.progress("sent"), .goal("delivered")], transitions: .chain("sent", "delivered"))

    /// A channel of a module that does not return from what `stubbornness` names.
    private func guarded(
        _ stubbornness: Stubbornness, reply: WebhookReply = WebhookReply(), isOwn: Bool = false
    ) throws -> GuardedChannel {
        let channel = StubbornChannel(stubbornness: stubbornness, reply: reply)
        let module = ChannelModule(
            descriptor: ChannelDescriptor(
                name: "stubborn", version: "1", summary: "Does not return.",
                providers: [.init("a", title: "A", settings: [])]),
            statuses: Self.statuses
        ) { (_, _) throws(ConfigurationProblems) in
            stubbornness.meet("init")
            return isOwn ? StubbornDelivery(channel: channel) : channel
        }
        return try GuardedChannel(
            module, ChannelConfiguration(provider: "a", values: [:]), .test, patience: ModuleThreadsTests.patience,
            startTime: .milliseconds(100))
    }

    private func contents(_ bodies: [String]) -> [MessageContent] {
        bodies.map { MessageContent(recipient: "x", body: $0) }
    }

    private func messages(_ bodies: [String]) -> [OutboundMessage] {
        contents(bodies).enumerated().map { number, content in
            OutboundMessage(
                delivery: DeliveryID(notification: NotificationID(high: 1, low: UInt64(number)), ordinal: 1),
                account: "a", content: content, attempt: 1, webhookURL: "https://example.com/")
        }
    }

    private func webhook(_ text: String) -> WebhookRequest {
        WebhookRequest(
            method: "POST", url: "https://example.com/webhooks/x", headers: HTTPHeaders(), body: Array(text.utf8),
            receivedAt: Timestamp(seconds: 1))
    }

    @Test func oneThatHangsAtItsStartIsRefused() {
        let stubbornness = Stubbornness("init")
        defer { stubbornness.letGo() }
        #expect(throws: ConfigurationProblems.self) { try guarded(stubbornness) }
    }

    @Test func aRequestThatHangsIsNotJudgedAndTheOthersAre() async throws {
        let stubbornness = Stubbornness("validate hang")
        defer { stubbornness.letGo() }
        let channel = try guarded(stubbornness)
        let problems = await channel.problems(of: contents(["good", "hang", "bad", "good"]))
        #expect(problems == [[], nil, [FieldProblem(field: "body", message: "is bad")], []])
        #expect(channel.validate(contents(["bad"])[0]).map(\.message) == ["is bad"])
    }

    @Test func whenEveryThreadIsLostTheChannelIsUnavailable() async throws {
        let stubbornness = Stubbornness("validate hang")
        let channel = try guarded(stubbornness)
        let hanging = contents(Array(repeating: "hang", count: ModuleThreads.limit))
        #expect(await channel.problems(of: hanging) == hanging.map { _ in nil })
        #expect(await channel.problems(of: contents(["good"])) == [nil])
        #expect(await isUnavailable(channel))
        #expect(!stubbornness.calls.contains("validate good"))
        let client = try #require(channel.delivery as? any IsolatedHTTPDelivery)
        guard case .ended(.throttled(let failure, _)) = await client.requests(for: messages(["one"]))[0] else {
            Issue.record("it is not postponed")
            return
        }
        #expect(failure.code == "module_stuck")
        stubbornness.letGo()
        while await channel.problems(of: contents(["good"])) == [nil] { try Task.checkCancellation() }
    }

    private func isUnavailable(_ channel: GuardedChannel) async -> Bool {
        let parser = channel.webhooks as? any IsolatedParser
        guard case .failure(let refusal)? = await parser?.contents(of: [webhook("one")])[0] else { return false }
        return refusal.message == ModuleCalls.unavailable
    }

    @Test func requestsAndAnswersOfABatchEndEachByItself() async throws {
        let stubbornness = Stubbornness("request hang", "outcome hang")
        defer { stubbornness.letGo() }
        let client = try #require(try guarded(stubbornness).delivery as? any IsolatedHTTPDelivery)
        let messages = messages(["good", "hang", "bad", "late"])
        let prepared = await client.requests(for: messages).map { item -> String in
            switch item {
            case .ready(let request): request.url
            case .ended(.rejected(let failure)): "rejected \(failure.code)"
            case .ended(.retry(let failure, _)): "retry \(failure.code)"
            case .ended(let outcome): "\(outcome)"
            }
        }
        #expect(
            prepared == ["https://example.com/good", "retry timeout", "rejected bad", "https://example.com/late"])
        let outcomes = await client.outcomes(of: messages.map { (HTTPResponse(status: 200), $0) })
        #expect(
            outcomes == [
                .accepted(Acceptance(providerMessageID: "good")), .uncertain(ModuleCalls.overdue),
                .accepted(Acceptance(providerMessageID: "bad")), .accepted(Acceptance(providerMessageID: "late")),
            ])
    }

    /// What has no thread has not begun, and does not begin later.
    @Test func aDeliveryThatDidNotBeginIsPostponed() async throws {
        let stubbornness = Stubbornness("deliver hang")
        let channel = try guarded(stubbornness, isOwn: true)
        let client = try #require(channel.delivery as? any IsolatedDelivery)
        for _ in 0..<ModuleThreads.limit {
            #expect(
                await client.deliver(messages(["hang"]), within: .milliseconds(50)) == [.uncertain(ModuleCalls.overdue)]
            )
        }
        #expect(await client.deliver(messages(["next"]), within: .milliseconds(50)) == [ModuleCalls.postponed])
        stubbornness.letGo()
        let last = await client.deliver(messages(["last"]), within: .seconds(600))
        #expect(last == [.accepted(Acceptance(providerMessageID: "last"))])
        #expect(!stubbornness.calls.contains("deliver next"))
    }

    private func receptions(
        of requests: [WebhookRequest], by parser: any IsolatedParser
    ) async -> [WebhookReception?] {
        let all = Mutex<[Int: WebhookReception?]>([:])
        await parser.receptions(of: requests) { index, reception in all.withLock { $0[index] = .some(reception) } }
        // A thread that gets no processor for two looks of the watch counts as one that hangs: its answer comes later.
        while all.withLock({ $0.count }) < requests.count { await Task.yield() }
        return all.withLock { all in requests.indices.map { all[$0] ?? nil } }
    }

    @Test(arguments: ["hello", "forged", "sent"])
    func aWebhookIsJudgedAtOnce(text: String) async throws {
        let stubbornness = Stubbornness()
        let channel = try guarded(stubbornness, reply: WebhookReply(body: [1]))
        let parser = try #require(channel.webhooks as? any IsolatedParser)
        let (webhook, reply) = (webhook(text), WebhookReply(body: [1]))
        let expected: WebhookReception =
            switch text {
            case "hello": .handshake(reply)
            case "forged": .judged(.refused("forged"))
            default: .genuine(reply, stored: webhook)
            }
        #expect(await receptions(of: [webhook], by: parser) == [expected])
        #expect(stubbornness.calls.contains("acknowledgement \(text)") == (text == "sent"))
    }

    @Test(arguments: [
        WebhookReply(status: 1000), WebhookReply(status: 101), WebhookReply(status: -1),
        WebhookReply(contentType: "a\r\nb"), WebhookReply(contentType: ""),
        WebhookReply(body: Array(repeating: 0, count: 65_537)),
    ])
    func aReplyThatThereIsNotIsAnError(reply: WebhookReply) async throws {
        let channel = try guarded(Stubbornness(), reply: reply)
        let parser = try #require(channel.webhooks as? any IsolatedParser)
        #expect(
            await receptions(of: [webhook("sent"), webhook("hello")], by: parser) == [
                .genuine(WebhookReply(status: 500), stored: webhook("sent")),
                .handshake(WebhookReply(status: 500)),
            ])
    }

    /// The one that hangs is refused, and the others are read meanwhile.
    @Test func aWebhookThatHangsIsRefusedAndTheOthersAreRead() async throws {
        let stubbornness = Stubbornness("parse hang")
        defer { stubbornness.letGo() }
        let parser = try #require(try guarded(stubbornness).webhooks as? any IsolatedParser)
        let contents = await parser.contents(of: ["one", "bad", "hang", "three"].map(webhook))
        #expect(contents.count == 4)
        #expect(try contents[0]?.get().reports.map(\.providerMessageID) == ["one"])
        #expect(throws: WebhookRefusal("is bad")) { try contents[1]?.get() }
        #expect(throws: WebhookRefusal.self) { try contents[2]?.get() }
        #expect(try contents[3]?.get().reports.map(\.providerMessageID) == ["three"])
    }
}
