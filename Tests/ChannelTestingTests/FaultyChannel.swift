import ChannelSDK
import Synchronization

/// A module that can be wrong in each of the ways that the kit is there to find.
struct FaultyChannel: Channel {
    enum Fault: String, CaseIterable {
        case none, showsSecret, echoes, unknownStatus, forgetsDelivery, differsEachTime, believesEverybody, ignoresBody
        case givesUpWhenThrottled, forgetsDelay, givesUpOn500, explainsWithoutEnd, stumblesOverFields, coversHalfTheBody
        case blamesAnotherSetting, blamesNothing, showsABadKey, countsPartsOnce, changesItsMind
        case refusesNewWords, takesNewWordsForOld, stumblesOverItems, takesAnyProof
    }

    static let descriptor = ChannelDescriptor(
        name: "faulty", version: "1", summary: "For tests.",
        providers: [.init("one", title: "One", settings: [Setting("key", .secret, help: "The key.")])])

    static let statuses = StatusGraph(
        version: 1, statuses: [.progress("sent"), .goal("delivered")], transitions: .chain("sent", "delivered"))

    let delivery: any DeliveryClient
    let webhooks: any WebhookParser
    private let exposed: String

    init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        let fault = configuration.string("fault").flatMap(Fault.init(rawValue:)) ?? .none
        let given = configuration.secret("key")
        if given.map(\.isEmpty) ?? true {
            switch fault {
            case .blamesAnotherSetting: throw ConfigurationProblems([.init(setting: "token", message: "is required")])
            case .blamesNothing: throw ConfigurationProblems([])
            default: break
            }
        }
        let key = try configuration.required(given, "key")
        if fault == .showsABadKey, key.revealed != "a-key-to-hide" {
            throw ConfigurationProblems([.init(setting: "key", message: "'\(key.revealed)' is no key")])
        }
        exposed = fault == .showsSecret ? key.revealed : ""
        delivery = FaultyDelivery(fault: fault)
        webhooks = FaultyWebhooks(fault: fault, key: key)
    }

    func validate(_ content: MessageContent) -> [FieldProblem] {
        content.body.isEmpty ? [FieldProblem(field: "body", message: "must not be empty")] : []
    }
}

final class FaultyDelivery: HTTPDeliveryClient {
    private let fault: FaultyChannel.Fault
    private let answered = Atomic(0)

    init(fault: FaultyChannel.Fault) { self.fault = fault }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] { [] }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        let reference = fault == .forgetsDelivery ? "" : message.delivery.description
        return HTTPRequest(url: "https://a.example/send", body: Array("\(message.content.body) \(reference)".utf8))
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        let text = String(decoding: response.body, as: UTF8.self)
        if fault == .changesItsMind, answered.add(1, ordering: .relaxed).newValue.isMultiple(of: 2) {
            return .retry(DeliveryFailure(.transient, code: "x", message: ""))
        }
        if response.status == 429, fault != .givesUpWhenThrottled {
            let seconds = fault == .forgetsDelay ? nil : response.headers["Retry-After"].flatMap { Int($0) }
            return .throttled(
                DeliveryFailure(.rateLimit, code: "429", message: ""), after: seconds.map { .seconds($0) })
        }
        if response.status >= 500, fault != .givesUpOn500 {
            return .retry(DeliveryFailure(.transient, code: "5xx", message: ""))
        }
        guard response.status == 200 else {
            let shows = fault == .echoes || fault == .explainsWithoutEnd
            return .rejected(DeliveryFailure(.other, code: "x", message: shows ? text : ""))
        }
        let status: StatusName = fault == .unknownStatus ? "shipped" : "sent"
        return .accepted(Acceptance(providerMessageID: "1", status: status))
    }
}

final class FaultyWebhooks: WebhookParser {
    private let fault: FaultyChannel.Fault
    private let parsed = Atomic(0)
    let verification: WebhookVerification

    init(fault: FaultyChannel.Fault, key: Secret) {
        self.fault = fault
        verification =
            switch fault {
            case .believesEverybody: .scheme(Gullible())
            case .ignoresBody: .scheme(SharedSecret(value: key))
            case .coversHalfTheBody: .scheme(Careless(key: key))
            case .takesAnyProof: .scheme(Hasty(key: key))
            default: .scheme(HMACSignature(header: "X-Signature", key: key))
            }
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        let count = parsed.add(1, ordering: .relaxed).newValue
        let text = String(decoding: request.body, as: UTF8.self)
        let word = fault == .stumblesOverFields ? text : text.replacing("&UnheardOf=1", with: "")
        if fault == .stumblesOverItems, request.query.contains("UnheardOf") { throw WebhookRefusal("what is this?") }
        guard !word.isEmpty, !word.contains("nonsense") else { throw WebhookRefusal("no word of a status") }
        let id = fault == .differsEachTime ? "\(count)" : "1"
        var report = StatusReport(providerMessageID: id, kind: try kind(of: word))
        if fault == .countsPartsOnce {
            (report.part, report.partCount) = (word, word == "sent" ? 2 : nil)
            report.kind = .status("delivered")
        }
        return WebhookContents(reports: [report])
    }

    private func kind(of word: String) throws(WebhookRefusal) -> StatusReport.Kind {
        if fault == .unknownStatus { return .status("shipped") }
        if ["sent", "delivered"].contains(word) { return .status(StatusName(word)) }
        switch fault {
        case .refusesNewWords: throw WebhookRefusal("neither sent nor delivered")
        case .takesNewWordsForOld: return .status("sent")
        default: return .unknown(word)
        }
    }

    /// Looks at the beginning of the proof.
    private struct Hasty: WebhookVerifier {
        let key: Secret
        var name: String { "the first half" }
        func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
            let signature = HMACSignature(header: "X-Signature", key: key).signature(of: request.body)
            let given = request.headers["X-Signature"] ?? ""
            return given.count == signature.count && given.prefix(32) == signature.prefix(32)
                ? .genuine : .refused("no")
        }
    }

    /// Looks at the length and the first letter.
    private struct Careless: WebhookVerifier {
        let key: Secret
        var name: String { "half" }
        func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
            let scheme = HMACSignature(header: "X-Signature", key: key)
            let genuine = ["sent", "delivered"].map { Array($0.utf8) }.contains { body in
                body.count == request.body.count && body.first == request.body.first
                    && request.headers["X-Signature"] == scheme.signature(of: body)
            }
            return genuine ? .genuine : .refused("no")
        }
    }

    private struct Gullible: WebhookVerifier {
        var name: String { "none" }
        func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict { .genuine }
    }
}
