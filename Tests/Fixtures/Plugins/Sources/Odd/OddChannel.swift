public import ChannelSDK
import Glibc

/// A channel that behaves as badly as it is told to: about itself by the variable `ODD`, in deliveries and webhooks by
/// the word that they begin with.
public struct OddChannel: Channel {
    static let fault = getenv("ODD").map { String(cString: $0) } ?? ""

    public static let descriptor = ChannelDescriptor(
        name: fault == "name" ? "Odd One" : fault == "sms" ? "sms" : "odd", version: "1",
        summary: fault == "summary" ? "" : "Misbehaves on request.",
        providers: fault == "providers"
            ? []
            : [
                .init("own", title: "Its own way", settings: settings),
                .init("http", title: "One request per message", settings: settings),
            ])

    private static let settings = [
        Setting("refuses", .boolean, default: "false", help: "Takes no settings."),
        Setting("verifies", .boolean, default: "false", help: "Has webhooks verified, by its own way."),
        Setting("base_url", .url, required: true, help: "Where requests go."),
    ]

    public static let statuses = StatusGraph(
        version: 1, statuses: [.progress("sent"), .failure("failed"), .goal("delivered")],
        transitions: fault == "graph" ? .chain("sent", "delivered") : .chain("sent", "failed", "delivered"))

    public let delivery: any DeliveryClient
    public let webhooks: any WebhookParser

    public func validate(_ content: MessageContent) -> [FieldProblem] {
        if content.body.hasPrefix("hang the validation") { while true { sleep(1000) } }
        return content.body.hasPrefix("invalid") ? [FieldProblem(field: "body", message: "says so itself")] : []
    }

    public init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        if Self.fault == "start" { while true { sleep(1000) } }
        if Self.fault == "exit" { exit(0) }
        if configuration.boolean("refuses") == true {
            throw ConfigurationProblems([.init(setting: "refuses", message: "makes the module throw")])
        }
        let url = try configuration.required(configuration.string("base_url"), "base_url")
        webhooks = OddParser(verification: configuration.boolean("verifies") == true ? .scheme(OddVerifier()) : nil)
        delivery = configuration.provider == "http" ? OddRequests(url: url, host: host) : OddDelivery()
    }
}

@c(switchboard_channel)
public func entry() -> UnsafeMutableRawPointer {
    // What a library can do to the process that loads it. It must be another one than the host's, which refuses it.
    if OddChannel.fault == "entry exits" { exit(0) }
    if OddChannel.fault == "entry traps" { fatalError("told to trap") }
    return OddChannel.fault == "version"
        ? ChannelLibraryEntry.make(OddChannel.self, compiledAgainst: 99) : ChannelLibraryEntry.make(OddChannel.self)
}

struct OddDelivery: DeliveryClient {
    var batchLimit: Int { 4 }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        switch messages.first?.content.body.split(separator: " ").first {
        case "hang": await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        case "block": while true { sleep(1000) }
        case "spin": while true { _ = getpid() }
        case "none": return []
        case "many": return (0..<1_000_000).map { .accepted(Acceptance(providerMessageID: "many-\($0)")) }
        case "nonsense": return messages.map { _ in .accepted(Acceptance(providerMessageID: "n", status: "nirvana")) }
        case "own": return messages.map { _ in .accepted(Acceptance(providerMessageID: "n", status: .canceled)) }
        case "later": return messages.map { _ in .retry(Self.failure, after: .seconds(Int64.max)) }
        case "wordy":
            return messages.map { _ in
                .rejected(DeliveryFailure(.other, code: "wordy", message: String(repeating: "word ", count: 4_000_000)))
            }
        default: break
        }
        return messages.map { .accepted(Acceptance(providerMessageID: "odd-\($0.delivery)", status: "sent")) }
    }

    private static let failure = DeliveryFailure(.transient, code: "later", message: "much later")
}

struct OddRequests: HTTPDeliveryClient {
    let url: String
    let host: ChannelHost

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: host.transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        // What a trap in a library does to the host is what this library is for.
        if message.content.body.hasPrefix("trap") { fatalError("told to trap") }
        return HTTPRequest(url: url)
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        if message.content.body.hasPrefix("hang the outcome") { while true { sleep(1000) } }
        return .accepted(Acceptance(providerMessageID: "odd-\(message.delivery)", status: "sent"))
    }
}

struct OddVerifier: WebhookVerifier {
    let name = "what its first word says"

    func verify(_ request: WebhookRequest, now: Timestamp) async -> WebhookVerdict {
        let text = String(decoding: request.body, as: UTF8.self)
        if text.hasPrefix("hang the verifier") { while true { sleep(1000) } }
        return text.hasPrefix("forged") ? .refused("it says so") : .genuine
    }
}

struct OddParser: WebhookParser {
    let verification: WebhookVerification

    init(verification: WebhookVerification?) {
        self.verification = verification ?? .none(reason: "it is a test's")
    }

    func acknowledgement(of request: WebhookRequest) -> WebhookReply {
        let isOdd = String(decoding: request.body, as: UTF8.self).hasPrefix("odd reply")
        return isOdd ? WebhookReply(status: 1000, contentType: "a\r\nb", body: [1]) : WebhookReply()
    }

    /// `WORD DELIVERY`.
    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        let words = String(decoding: request.body, as: UTF8.self).split(separator: " ").map(String.init)
        let delivery = words.count > 1 ? DeliveryID(words[1]) : nil
        switch words.first {
        // As in `request(for:)`: the host must quarantine the record.
        case "trap": fatalError("told to trap")
        case "hang": while true { sleep(1000) }
        case "slow": sleep(1)
        case "throw": throw WebhookRefusal("told to throw")
        case "flood":
            return WebhookContents(
                reports: (0..<1_000_000).map { StatusReport(providerMessageID: "f\($0)", kind: .status("sent")) })
        case "wordy":
            let text = String(repeating: "word ", count: 10_000_000)
            return WebhookContents(reports: [StatusReport(delivery: delivery, kind: .status("sent"), detail: text)])
        case "nonsense":
            return WebhookContents(reports: [
                StatusReport(delivery: delivery, kind: .status("nirvana")),
                StatusReport(delivery: delivery, kind: .status("canceled")),
                StatusReport(
                    delivery: delivery, kind: .status("sent"), occurredAt: Timestamp(milliseconds: .min), part: "",
                    partCount: .min),
            ])
        default: break
        }
        return WebhookContents(reports: [StatusReport(delivery: delivery, kind: .status(.init(words.first ?? "")))])
    }
}
