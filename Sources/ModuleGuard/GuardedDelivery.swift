internal import ChannelSDK
internal import Pipeline

/// `client`, guarded. The host's ways to use a client go by the protocols that it conforms to, so that there is one form
/// for each of them. To be called on a thread of the module's.
func guarded(_ client: any DeliveryClient, _ calls: ModuleCalls) -> any DeliveryClient {
    let query = client as? any DeliveryQuery
    if let http = client as? any HTTPDeliveryClient {
        let delivery = GuardedHTTPDelivery(http, calls)
        return query.map { GuardedHTTPDeliveryAndQuery(delivery: delivery, query: $0) } ?? delivery
    }
    if let mail = client as? any SMTPDeliveryClient {
        let delivery = GuardedMailDelivery(mail, calls)
        return query.map { GuardedMailDeliveryAndQuery(delivery: delivery, query: $0) } ?? delivery
    }
    let delivery = GuardedDelivery(client, calls)
    return query.map { GuardedDeliveryAndQuery(delivery: delivery, query: $0) } ?? delivery
}

extension ModuleCalls {
    /// Given to a thread and not returned: whether anything of it left is not known.
    static let overdue = DeliveryFailure(
        .transient, code: "timeout", message: "the channel's module did not return in time")

    /// Nothing of it has left, and it is nobody's fault but the module's: the channel pauses, and no attempt is counted.
    static let postponed = DeliveryOutcome.throttled(
        DeliveryFailure(.transient, code: "module_stuck", message: unavailable), after: .seconds(5))
}

// MARK: The client's own way

struct GuardedDelivery: IsolatedDelivery {
    /// As the module said when it started.
    let batchLimit: Int
    let calls: ModuleCalls
    private let client: any DeliveryClient

    init(_ client: any DeliveryClient, _ calls: ModuleCalls) {
        self.client = client
        self.calls = calls
        batchLimit = max(1, client.batchLimit)
    }

    func deliver(_ messages: [OutboundMessage], within limit: Duration) async -> [DeliveryOutcome] {
        await calls.delivered(messages, by: client, within: limit)
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await calls.delivered(messages, by: client)
    }
}

/// A client that can be asked, too: in all else it is `delivery`.
protocol AskedDelivery: IsolatedQuery, DeliveryClient {
    associatedtype Delivery: DeliveryClient
    var delivery: Delivery { get }
    var query: any DeliveryQuery { get }
    var calls: ModuleCalls { get }
}

extension AskedDelivery {
    var batchLimit: Int { delivery.batchLimit }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] { await delivery.deliver(messages) }

    func find(_ message: OutboundMessage, within limit: Duration) async -> DeliveryQueryAnswer {
        let query = query
        let answer = await calls.slowTask(within: limit) { await query.find(message) }.value
        return answer.map { calls.bounds.bounded($0) } ?? .unknown(ModuleCalls.overdue)
    }

    func find(_ message: OutboundMessage) async -> DeliveryQueryAnswer { await find(message, within: .seconds(3600)) }
}

struct GuardedDeliveryAndQuery: IsolatedDelivery, AskedDelivery {
    let delivery: GuardedDelivery
    let query: any DeliveryQuery

    var calls: ModuleCalls { delivery.calls }

    func deliver(_ messages: [OutboundMessage], within limit: Duration) async -> [DeliveryOutcome] {
        await delivery.deliver(messages, within: limit)
    }
}

// MARK: One HTTP request per message

struct GuardedHTTPDelivery: IsolatedHTTPDelivery {
    /// As the module said when it started.
    let batchLimit: Int
    let isIdempotent: Bool
    let idempotencyWindow: Duration
    let calls: ModuleCalls
    private let client: any HTTPDeliveryClient

    init(_ client: any HTTPDeliveryClient, _ calls: ModuleCalls) {
        self.client = client
        self.calls = calls
        batchLimit = max(1, client.batchLimit)
        isIdempotent = client.isIdempotent
        idempotencyWindow = min(max(client.idempotencyWindow, .zero), .seconds(3650 * 86_400))
    }

    func requests(for messages: [OutboundMessage]) async -> [PreparedMessage<HTTPRequest>] {
        let client = client
        return await calls.prepared("request", messages) { (message) throws(DeliveryFailure) in
            try client.request(for: message)
        }
    }

    func outcomes(of answers: [(HTTPResponse, OutboundMessage)]) async -> [DeliveryOutcome] {
        let client = client
        return await calls.outcomes(of: answers) { client.outcome(of: $0.0, for: $0.1) }
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await calls.delivered(messages, by: client)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        let client = client
        return try calls.prepared("request", message) { (message) throws(DeliveryFailure) in
            try client.request(for: message)
        }
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        calls.outcome { client.outcome(of: response, for: message) }
    }
}

struct GuardedHTTPDeliveryAndQuery: IsolatedHTTPDelivery, AskedDelivery {
    let delivery: GuardedHTTPDelivery
    let query: any DeliveryQuery

    var calls: ModuleCalls { delivery.calls }
    var isIdempotent: Bool { delivery.isIdempotent }
    var idempotencyWindow: Duration { delivery.idempotencyWindow }

    func requests(for messages: [OutboundMessage]) async -> [PreparedMessage<HTTPRequest>] {
        await delivery.requests(for: messages)
    }

    func outcomes(of answers: [(HTTPResponse, OutboundMessage)]) async -> [DeliveryOutcome] {
        await delivery.outcomes(of: answers)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        try delivery.request(for: message)
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        delivery.outcome(of: response, for: message)
    }
}

// MARK: One mail per message

struct GuardedMailDelivery: IsolatedMailDelivery {
    /// As the module said when it started.
    let batchLimit: Int
    let calls: ModuleCalls
    private let client: any SMTPDeliveryClient

    init(_ client: any SMTPDeliveryClient, _ calls: ModuleCalls) {
        self.client = client
        self.calls = calls
        batchLimit = max(1, client.batchLimit)
    }

    func submissions(for messages: [OutboundMessage]) async -> [PreparedMessage<SMTPSubmission>] {
        let client = client
        return await calls.prepared("submission", messages) { (message) throws(DeliveryFailure) in
            try client.submission(for: message)
        }
    }

    func outcomes(of replies: [(SMTPReply, OutboundMessage)]) async -> [DeliveryOutcome] {
        let client = client
        return await calls.outcomes(of: replies) { client.outcome(of: $0.0, for: $0.1) }
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await calls.delivered(messages, by: client)
    }

    func submission(for message: OutboundMessage) throws(DeliveryFailure) -> SMTPSubmission {
        let client = client
        return try calls.prepared("submission", message) { (message) throws(DeliveryFailure) in
            try client.submission(for: message)
        }
    }

    func outcome(of reply: SMTPReply, for message: OutboundMessage) -> DeliveryOutcome {
        calls.outcome { client.outcome(of: reply, for: message) }
    }
}

struct GuardedMailDeliveryAndQuery: IsolatedMailDelivery, AskedDelivery {
    let delivery: GuardedMailDelivery
    let query: any DeliveryQuery

    var calls: ModuleCalls { delivery.calls }

    func submissions(for messages: [OutboundMessage]) async -> [PreparedMessage<SMTPSubmission>] {
        await delivery.submissions(for: messages)
    }

    func outcomes(of replies: [(SMTPReply, OutboundMessage)]) async -> [DeliveryOutcome] {
        await delivery.outcomes(of: replies)
    }

    func submission(for message: OutboundMessage) throws(DeliveryFailure) -> SMTPSubmission {
        try delivery.submission(for: message)
    }

    func outcome(of reply: SMTPReply, for message: OutboundMessage) -> DeliveryOutcome {
        delivery.outcome(of: reply, for: message)
    }
}
