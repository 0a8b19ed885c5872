internal import ChannelSDK

/// How much a loaded module may say: more than any provider makes a module say, and less than would harm the host.
struct ModuleBounds: Sendable {
    /// Those of the module's own graph. The host's are not a module's to give.
    private let statuses: Set<StatusName>

    init(_ graph: StatusGraph) { statuses = Set(graph.statuses.map(\.name)) }

    /// A parser can't read more from a request than stands in it: a report takes more than 8 bytes of any format.
    /// - Returns: what is taken of it: a status that the graph does not have is a word that nobody knows.
    func bounded(
        _ contents: WebhookContents, of request: WebhookRequest
    ) throws(WebhookRefusal) -> WebhookContents {
        let size = request.body.count + request.url.utf8.count
        let count = contents.reports.count + contents.inbound.count + contents.optOuts.count
        let most = 16 + size / 8
        guard count <= most else {
            throw WebhookRefusal(
                "the module read \(count) reports and messages from a request of \(size) bytes: at most \(most) are taken"
            )
        }
        let text =
            contents.reports.reduce(0) { $0 + $1.textSize } + contents.inbound.reduce(0) { $0 + $1.textSize }
            + contents.optOuts.reduce(0) { $0 + $1.textSize }
        guard text <= 64 << 10 + 16 * size else {
            throw WebhookRefusal("the module made \(text) bytes of text from a request of \(size) bytes")
        }
        var contents = contents
        for (index, report) in contents.reports.enumerated() {
            guard case .status(let name) = report.kind, !statuses.contains(name) else { continue }
            contents.reports[index].kind = .unknown(name.rawValue)
        }
        return contents
    }

    /// One for each message at most; the pipeline takes what is missing for uncertain.
    func bounded(_ outcomes: [DeliveryOutcome], of messages: [OutboundMessage]) -> [DeliveryOutcome] {
        outcomes.prefix(messages.count).map { bounded($0) }
    }

    func bounded(_ outcome: DeliveryOutcome) -> DeliveryOutcome {
        switch outcome {
        case .accepted(let acceptance): .accepted(bounded(acceptance))
        case .rejected(let failure): .rejected(bounded(failure))
        case .retry(let failure, let after): .retry(bounded(failure), after: after.map { bounded($0) })
        case .throttled(let failure, let after): .throttled(bounded(failure), after: after.map { bounded($0) })
        case .uncertain(let failure): .uncertain(bounded(failure))
        }
    }

    func bounded(_ answer: DeliveryQueryAnswer) -> DeliveryQueryAnswer {
        switch answer {
        case .taken(let acceptance): .taken(bounded(acceptance))
        case .notTaken: .notTaken
        case .unknown(let failure): .unknown(bounded(failure))
        }
    }

    /// An id that is cut off would be another message's: rather none, since reports name the delivery first.
    private func bounded(_ acceptance: Acceptance) -> Acceptance {
        var acceptance = acceptance
        // The provider took it, whatever else it says.
        if let status = acceptance.status, !statuses.contains(status) { acceptance.status = nil }
        if let id = acceptance.providerMessageID, id.utf8.count > 1024 { acceptance.providerMessageID = nil }
        if acceptance.parts.count > 1000 || acceptance.parts.contains(where: { $0.utf8.count > 1024 }) {
            acceptance.parts = []
        }
        if let segments = acceptance.segments, !(1...1000).contains(segments) { acceptance.segments = nil }
        return acceptance
    }

    func bounded(_ failure: DeliveryFailure) -> DeliveryFailure {
        guard failure.code.utf8.count > 200 || failure.message.utf8.count > 4096 else { return failure }
        return DeliveryFailure(failure.kind, code: failure.code.cut(to: 200), message: failure.message.cut(to: 4096))
    }

    func bounded(_ refusal: WebhookRefusal) -> WebhookRefusal { WebhookRefusal(refusal.message.cut(to: 4096)) }

    func bounded(_ problems: [FieldProblem]) -> [FieldProblem] {
        problems.prefix(100).map { FieldProblem(field: $0.field.cut(to: 200), message: $0.message.cut(to: 1024)) }
    }

    func bounded(_ verdict: WebhookVerdict) -> WebhookVerdict {
        switch verdict {
        case .genuine: .genuine
        case .refused(let reason): .refused(reason.cut(to: 1024))
        case .undecided(let reason): .undecided(reason.cut(to: 1024))
        }
    }

    /// What is to be stored of a request has no more in it than the request.
    func bounded(_ stored: WebhookRequest, of request: WebhookRequest) -> WebhookRequest {
        // Where nothing is taken out it is the same, which arrays find out by where they lie.
        if stored == request { return request }
        func size(_ request: WebhookRequest) -> Int {
            request.headers.fields.reduce(request.method.utf8.count + request.url.utf8.count + request.body.count) {
                $0 + $1.name.utf8.count + $1.value.utf8.count
            }
        }
        return size(stored) <= size(request) ? stored : request
    }

    /// What HTTP has no form for is an error of the host's then.
    func bounded(_ reply: WebhookReply) -> WebhookReply {
        let isType =
            (1...200).contains(reply.contentType.utf8.count)
            && reply.contentType.utf8.allSatisfy {
                (0x20...0x7E).contains($0)
            }
        guard (200...599).contains(reply.status), reply.body.count <= 64 << 10, isType else {
            return WebhookReply(status: 500)
        }
        return reply
    }

    private func bounded(_ wait: Duration) -> Duration { min(max(wait, .zero), .seconds(7 * 86_400)) }
}

extension StatusReport {
    fileprivate var textSize: Int {
        let word: String =
            switch kind {
            case .status(let name): name.rawValue
            case .engagement(let word), .unknown(let word): word
            }
        func size(_ text: String?) -> Int { text?.utf8.count ?? 0 }
        return size(providerMessageID) + word.utf8.count + size(code) + size(detail) + size(part) + size(eventID)
    }
}

extension OptOutReport {
    fileprivate var textSize: Int {
        if case .recipient(let recipient) = subject { recipient.utf8.count } else { 0 }
    }
}

extension String {
    /// The first of it, at most `limit` bytes of UTF-8: a single character can be as long as one likes.
    fileprivate func cut(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        // What is cut in two at the end would become a mark for it.
        var bytes = Array(utf8.prefix(limit))
        while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
        if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension InboundMessage {
    fileprivate var textSize: Int {
        ([providerMessageID, sender, recipient, body, subject ?? ""] + media).reduce(0) { $0 + $1.utf8.count }
    }
}
