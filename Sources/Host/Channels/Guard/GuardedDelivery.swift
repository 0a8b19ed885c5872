import ChannelSDK
import Synchronization

/// `client`, guarded. The host's ways to use a client go by the protocols that it conforms to, so that there is one form
/// for each of them.
func guarded(_ client: any DeliveryClient, _ calls: ModuleCalls, _ watch: CallWatch) -> any DeliveryClient {
    if let http = client as? any HTTPDeliveryClient {
        guard let query = client as? any DeliveryQuery else {
            return GuardedHTTPDelivery(client: http, watch: watch, calls: calls)
        }
        return GuardedHTTPDeliveryAndQuery(client: http, query: query, watch: watch, calls: calls)
    }
    if let mail = client as? any SMTPDeliveryClient {
        guard let query = client as? any DeliveryQuery else {
            return GuardedMailDelivery(client: mail, watch: watch, calls: calls)
        }
        return GuardedMailDeliveryAndQuery(client: mail, query: query, watch: watch, calls: calls)
    }
    guard let query = client as? any DeliveryQuery else { return GuardedDelivery(own: client, calls: calls) }
    return GuardedDeliveryAndQuery(own: client, query: query, calls: calls)
}

/// The calls into a module that may take their time. The pipeline gives each up after a while; those that never return
/// are counted, so that they don't gather without end.
final class ModuleCalls: Sendable {
    /// More than any channel has places.
    private static let limit = 16_384
    let bounds: ModuleBounds
    private let threads = ModuleThreads()
    private let running = Atomic(0)

    init(_ bounds: ModuleBounds) { self.bounds = bounds }

    /// Nil: too many have not returned.
    func run<Value: Sendable>(_ body: @Sendable () async -> Value) async -> Value? {
        guard running.add(1, ordering: .relaxed).newValue <= Self.limit else {
            running.subtract(1, ordering: .relaxed)
            return nil
        }
        defer { running.subtract(1, ordering: .relaxed) }
        return await withTaskExecutorPreference(threads) { await body() }
    }

    static let refusal = DeliveryFailure(
        .transient, code: "module_stuck",
        message: "\(limit) calls into the channel's module have not returned: nothing more is given to it")
}

// MARK: The client's own way

private protocol OwnForm: DeliveryClient {
    var own: any DeliveryClient { get }
    var calls: ModuleCalls { get }
}

extension OwnForm {
    var batchLimit: Int { own.batchLimit }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        let outcomes = await calls.run { await own.deliver(messages) }
        guard let outcomes else { return messages.map { _ in .retry(ModuleCalls.refusal) } }
        return calls.bounds.bounded(outcomes, of: messages)
    }
}

private protocol QueryForm: DeliveryQuery {
    var query: any DeliveryQuery { get }
    var calls: ModuleCalls { get }
}

extension QueryForm {
    func find(_ message: OutboundMessage) async -> DeliveryQueryAnswer {
        let answer = await calls.run { await query.find(message) }
        return answer.map { calls.bounds.bounded($0) } ?? .unknown(ModuleCalls.refusal)
    }
}

private struct GuardedDelivery: OwnForm {
    let own: any DeliveryClient
    let calls: ModuleCalls
}

private struct GuardedDeliveryAndQuery: OwnForm, QueryForm {
    let own: any DeliveryClient
    let query: any DeliveryQuery
    let calls: ModuleCalls
}

// MARK: One HTTP request per message

private protocol HTTPForm: OwnForm, HTTPDeliveryClient {
    var client: any HTTPDeliveryClient { get }
    var watch: CallWatch { get }
}

extension HTTPForm {
    var own: any DeliveryClient { client }
    var isIdempotent: Bool { client.isIdempotent }
    var idempotencyWindow: Duration { min(max(client.idempotencyWindow, .zero), .seconds(3650 * 86_400)) }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        let result = watch.during("request") { () -> Result<HTTPRequest, DeliveryFailure> in
            do throws(DeliveryFailure) {
                return .success(try client.request(for: message))
            } catch {
                return .failure(calls.bounds.bounded(error))
            }
        }
        return try result.get()
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        watch.during("outcome") { calls.bounds.bounded(client.outcome(of: response, for: message)) }
    }
}

private struct GuardedHTTPDelivery: HTTPForm {
    let client: any HTTPDeliveryClient
    let watch: CallWatch
    let calls: ModuleCalls
}

private struct GuardedHTTPDeliveryAndQuery: HTTPForm, QueryForm {
    let client: any HTTPDeliveryClient
    let query: any DeliveryQuery
    let watch: CallWatch
    let calls: ModuleCalls
}

// MARK: One mail per message

private protocol MailForm: OwnForm, SMTPDeliveryClient {
    var client: any SMTPDeliveryClient { get }
    var watch: CallWatch { get }
}

extension MailForm {
    var own: any DeliveryClient { client }

    func submission(for message: OutboundMessage) throws(DeliveryFailure) -> SMTPSubmission {
        let result = watch.during("submission") { () -> Result<SMTPSubmission, DeliveryFailure> in
            do throws(DeliveryFailure) {
                return .success(try client.submission(for: message))
            } catch {
                return .failure(calls.bounds.bounded(error))
            }
        }
        return try result.get()
    }

    func outcome(of reply: SMTPReply, for message: OutboundMessage) -> DeliveryOutcome {
        watch.during("outcome") { calls.bounds.bounded(client.outcome(of: reply, for: message)) }
    }
}

private struct GuardedMailDelivery: MailForm {
    let client: any SMTPDeliveryClient
    let watch: CallWatch
    let calls: ModuleCalls
}

private struct GuardedMailDeliveryAndQuery: MailForm, QueryForm {
    let client: any SMTPDeliveryClient
    let query: any DeliveryQuery
    let watch: CallWatch
    let calls: ModuleCalls
}
