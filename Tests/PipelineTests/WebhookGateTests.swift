import ChannelSDK
import CoreMetrics
import Synchronization
import Testing

@testable import Pipeline

/// Webhooks of modules whose code runs on threads of its own: judged and stored together, and each answered for itself.
@Suite(.timeLimit(.minutes(10))) struct WebhookGateTests {
    private let log = GateLog()
    private let parser = GateParser()

    private func gate(patience: Duration = .seconds(3600)) -> WebhookGate {
        let intake = Intake(log: log, metrics: IntakeMetrics(NOOPMetricsHandler.instance))
        return WebhookGate(channel: "push", parser: parser, intake: intake, patience: patience)
    }

    private func request(_ text: String) -> WebhookRequest {
        WebhookRequest(
            method: "POST", url: "https://notify.example.com/webhooks/push", headers: HTTPHeaders(),
            body: Array(text.utf8), receivedAt: Timestamp(seconds: 1))
    }

    /// The answer's body, or why there is none.
    private func answer(_ text: String, of gate: WebhookGate) async -> String {
        do throws(WebhookTurnedAway) {
            return String(decoding: try await gate.receive(request(text)).body, as: UTF8.self)
        } catch {
            switch error {
            case .notGenuine(let verdict): return "\(verdict)"
            case .unanswered: return "unanswered"
            case .notDurable(let error): return "\(error)"
            }
        }
    }

    private func answers(_ texts: [String], of gate: WebhookGate) async -> [String] {
        await withTaskGroup(of: (Int, String).self) { group in
            for (index, text) in texts.enumerated() { group.addTask { (index, await answer(text, of: gate)) } }
            var answers = texts
            for await (index, answer) in group { answers[index] = answer }
            return answers
        }
    }

    private func until(_ condition: () -> Bool) async throws {
        while !condition() {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test func whatComesWhileTheLogIsBusyGoesTogether() async throws {
        let gate = gate()
        log.hold()
        async let first = answer("first", of: gate)
        try await until { log.asked == 1 }
        let names = (1...5).map { "later \($0)" }
        async let others = answers(names, of: gate)
        try await until { gate.waiting == 5 }
        #expect(parser.lots == [1])
        log.letGo()
        #expect(await first == "taken first")
        #expect(await others == names.map { "taken \($0)" })
        #expect(parser.lots == [1, 5])
        #expect(log.stored.map(\.count) == [1, 5])
        #expect(Set(log.stored[1]) == Set(names))
    }

    @Test func whatTakesLongHoldsUpNoOther() async throws {
        let gate = gate(patience: .zero)
        log.hold()
        async let first = answer("first", of: gate)
        try await until { log.asked == 1 }
        async let second = answer("second", of: gate)
        try await until { log.asked == 2 }
        log.letGo()
        #expect(await [first, second] == ["taken first", "taken second"])
        #expect(log.stored.flatMap { $0 }.sorted() == ["first", "second"])
    }

    @Test func eachIsAnsweredForItself() async {
        let texts = ["one", "hello", "forged", "nothing", "two"]
        let answers = await answers(texts, of: gate())
        let refused = WebhookVerdict.refused("forged")
        #expect(answers == ["taken one", "hello to you", "\(refused)", "unanswered", "taken two"])
        #expect(log.stored.flatMap { $0 }.sorted() == ["one", "two"])
    }

    /// The module waits for something, and says so long after the others were stored.
    @Test func whatIsJudgedLateIsStoredThen() async throws {
        let gate = gate()
        async let late = answer("late", of: gate)
        try await until { parser.waiting == 1 }
        #expect(await answer("prompt", of: gate) == "taken prompt")
        #expect(log.stored == [["prompt"]])
        parser.letGo()
        #expect(await late == "taken late")
        #expect(log.stored == [["prompt"], ["late"]])
    }

    @Test func whatIsTooLargeTakesNoOtherWithIt() async throws {
        let gate = gate()
        log.hold()
        async let first = answer("first", of: gate)
        try await until { log.asked == 1 }
        async let others = answers(["two", "large", "three"], of: gate)
        try await until { gate.waiting == 3 }
        log.letGo()
        #expect(await first == "taken first")
        #expect(await others == ["taken two", "\(LogError.tooLarge("large"))", "taken three"])
        #expect(log.stored.flatMap { $0 }.sorted() == ["first", "three", "two"])
    }

    @Test func whatIsNotDurableIsNotTaken() async {
        log.fail()
        let answers = await answers(["one", "two", "hello"], of: gate())
        let failure = "\(LogError.unavailable("away"))"
        #expect(answers == [failure, failure, "hello to you"])
        #expect(log.stored.isEmpty)
    }
}

/// Judges by the text; what is `late` when it is let go.
private final class GateParser: IsolatedParser {
    private struct State {
        var lots: [Int] = []
        var late: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    let verification = WebhookVerification.none(reason: "a test")

    /// How many it was asked about, each time.
    var lots: [Int] { state.withLock { $0.lots } }

    var waiting: Int { state.withLock { $0.late.count } }

    func letGo() {
        let late = state.withLock { state in
            defer { state.late = [] }
            return state.late
        }
        for judge in late { judge() }
    }

    func receptions(
        of requests: [WebhookRequest], judged: @escaping @Sendable (Int, WebhookReception?) -> Void
    ) async {
        state.withLock { $0.lots.append(requests.count) }
        for (index, request) in requests.enumerated() {
            let text = String(decoding: request.body, as: UTF8.self)
            switch text {
            case "hello": judged(index, .handshake(WebhookReply(body: Array("hello to you".utf8))))
            case "forged": judged(index, .judged(.refused("forged")))
            case "nothing": judged(index, nil)
            default:
                let reception = WebhookReception.genuine(
                    WebhookReply(body: Array("taken \(text)".utf8)), stored: request)
                guard text == "late" else {
                    judged(index, reception)
                    continue
                }
                state.withLock { $0.late.append { judged(index, reception) } }
            }
        }
    }

    func contents(of requests: [WebhookRequest]) async -> [Result<WebhookContents, WebhookRefusal>?] { [] }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents { WebhookContents() }
}

/// Keeps what webhooks it was given, as their texts; or waits, or fails, as it is told.
private final class GateLog: EventLog {
    private struct State {
        var stored: [[String]] = []
        var asked = 0
        var isHeld = false
        var fails = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// By batch.
    var stored: [[String]] { state.withLock { $0.stored } }

    /// How often it was appended to, done or not.
    var asked: Int { state.withLock { $0.asked } }

    func hold() { state.withLock { $0.isHeld = true } }

    func fail() { state.withLock { $0.fails = true } }

    func letGo() {
        let waiting = state.withLock { state in
            defer { (state.waiting, state.isHeld) = ([], false) }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func append(_ batch: RecordBatch, to topic: Topic) async throws(LogError) {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                state.asked += 1
                if state.isHeld { state.waiting.append(continuation) }
                return state.isHeld
            }
            if !isHeld { continuation.resume() }
        }
        let texts = batch.entries.map { entry in
            let webhook = try? ReceivedWebhook(record: batch.bytes[entry.range])
            return String(decoding: webhook?.request.body ?? [], as: UTF8.self)
        }
        if state.withLock({ $0.fails }) { throw .unavailable("away") }
        if texts.contains("large") { throw .tooLarge("large") }
        state.withLock { $0.stored.append(texts) }
    }

    func partition(of key: NotificationID, in topic: Topic) -> Int { 0 }
    func partitionCount(of topic: Topic) async throws(LogError) -> Int { 1 }
    func endOffset(of topic: Topic, partition: Int) async throws(LogError) -> Int64 { 0 }
    func subscribe(to topic: Topic, group: String) async throws(LogError) -> any LogSubscription {
        throw .unavailable("nobody reads it")
    }
    func read(
        _ topic: Topic, after cursor: LogCursor?, limit: Int, wait: Duration
    ) async throws(LogError) -> LogPage { throw .unavailable("nobody reads it") }
}
