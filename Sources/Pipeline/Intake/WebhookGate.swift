public import ChannelSDK
import Synchronization

/// The way in for the webhooks of an isolated module. Those that come while others are judged and stored wait, and go on
/// together: their module is asked once for all of them, and the log is appended to once.
///
/// A lot that takes long (the log has trouble) does not hold up those behind it for long.
public final class WebhookGate: Sendable {
    private struct Arrival: Sendable {
        let request: WebhookRequest
        let answer: Answer
    }

    private struct Genuine: Sendable {
        let webhook: ReceivedWebhook
        let reply: WebhookReply
        let answer: Answer
    }

    private struct State {
        var arrived: [Arrival] = []
        var genuine: [Genuine] = []
        /// Turns that look after what arrives.
        var turns = 0
        var lastBegan = ContinuousClock.now
    }

    private typealias Answer = CheckedContinuation<Result<WebhookReply, WebhookTurnedAway>, Never>

    private static let mostRequests = 512
    private static let mostBytes = 4 << 20

    private let channel: String
    private let parser: any IsolatedParser
    private let intake: Intake
    private let patience: Duration
    private let state = Mutex(State())

    /// - Parameter patience: how long a lot may hold up those behind it.
    public init(
        channel: String, parser: any IsolatedParser, intake: Intake, patience: Duration = .milliseconds(100)
    ) {
        self.patience = patience
        self.channel = channel
        self.parser = parser
        self.intake = intake
    }

    /// Those that no turn has begun with.
    var waiting: Int { state.withLock { $0.arrived.count } }

    /// Returns when the request is durable, or is none to be stored.
    /// - Returns: what the provider is answered.
    public func receive(_ request: WebhookRequest) async throws(WebhookTurnedAway) -> WebhookReply {
        let result = await withCheckedContinuation { answer in
            enter { $0.arrived.append(Arrival(request: request, answer: answer)) }
        }
        return try result.get()
    }

    // MARK: Turns

    private func enter(_ put: (inout State) -> Void) {
        let begins = state.withLock { state in
            put(&state)
            let now = ContinuousClock.now
            guard state.turns == 0 || now - state.lastBegan >= patience else { return false }
            state.turns += 1
            state.lastBegan = now
            return true
        }
        if begins { Task { await turns() } }
    }

    private func turns() async {
        while let arrived = next() {
            if !arrived.isEmpty { await judge(arrived) }
            // Others' as well, and those whose judgement came late.
            let genuine = state.withLock { state in
                defer { state.genuine = [] }
                return state.genuine
            }
            await store(genuine)
        }
    }

    /// Nil: nothing waits, and this turn's keeper goes.
    private func next() -> [Arrival]? {
        state.withLock { state in
            guard !state.arrived.isEmpty || !state.genuine.isEmpty else {
                state.turns -= 1
                return nil
            }
            var (count, bytes) = (0, 0)
            while count < min(state.arrived.count, Self.mostRequests), count == 0 || bytes < Self.mostBytes {
                bytes += state.arrived[count].request.body.count
                count += 1
            }
            state.lastBegan = .now
            defer { state.arrived.removeFirst(count) }
            return Array(state.arrived[..<count])
        }
    }

    private func judge(_ arrived: [Arrival]) async {
        await parser.receptions(of: arrived.map(\.request)) { [self] index, reception in
            let answer = arrived[index].answer
            switch reception {
            case .handshake(let reply): answer.resume(returning: .success(reply))
            case .judged(let verdict): answer.resume(returning: .failure(.notGenuine(verdict)))
            case nil: answer.resume(returning: .failure(.unanswered))
            case .genuine(let reply, let stored):
                let webhook = ReceivedWebhook(origin: .channel(channel), request: stored)
                enter { $0.genuine.append(Genuine(webhook: webhook, reply: reply, answer: answer)) }
            }
        }
    }

    private func store(_ genuine: [Genuine]) async {
        guard !genuine.isEmpty else { return }
        do throws(LogError) {
            try await intake.accept(genuine.map(\.webhook))
            for item in genuine { item.answer.resume(returning: .success(item.reply)) }
        } catch .tooLarge where genuine.count > 1 {
            // One of them is, and the others need not come again for it.
            for item in genuine { await store([item]) }
        } catch {
            for item in genuine { item.answer.resume(returning: .failure(.notDurable(error))) }
        }
    }
}

/// Why a webhook was not taken.
public enum WebhookTurnedAway: Error, Sendable {
    /// The verifier said so.
    case notGenuine(WebhookVerdict)
    /// The module did not answer.
    case unanswered
    case notDurable(LogError)
}
