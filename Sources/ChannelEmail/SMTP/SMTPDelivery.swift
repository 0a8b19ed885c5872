import ChannelSDK
import FoundationEssentials

/// Submits mails to a mail server, each in a transaction of its own.
struct SMTPDelivery: SMTPDeliveryClient {
    private let settings: SMTPSettings
    private let unsubscribe: EmailUnsubscribe
    private let host: ChannelHost

    init(settings: SMTPSettings, unsubscribe: EmailUnsubscribe, host: ChannelHost) {
        self.settings = settings
        self.unsubscribe = unsubscribe
        self.host = host
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: host.transport)
    }

    func submission(for message: OutboundMessage) throws(DeliveryFailure) -> SMTPSubmission {
        var wanted = message.content
        if wanted.options["unsubscribe_url"] == nil, wanted.options["unsubscribe"] == nil,
            let url = settings.unsubscribeURL
        {
            wanted.options["unsubscribe_url"] = url.replacing("{delivery}", with: "\(message.delivery)")
        }
        let content = try EmailContent(wanted, from: settings.from, unsubscribe: unsubscribe)
        let bounces = settings.bounceDomain.flatMap { VERPAddress(message.delivery, domain: $0)?.description }
        return SMTPSubmission(
            server: settings.server, sender: bounces ?? content.from.address.description,
            recipient: content.recipient.description,
            message: MIMEMessage(content: content, delivery: message.delivery, date: host.clock.now()).bytes)
    }

    func outcome(of reply: SMTPReply, for message: OutboundMessage) -> DeliveryOutcome {
        if reply.isAcceptance {
            return .accepted(Acceptance(providerMessageID: reply.queueID.map(redacted), status: .queued))
        }
        let refusal = SMTPRefusal(reply)
        let words = reply.text.isEmpty ? "the server gives no reason" : redacted(reply.text)
        let failure = DeliveryFailure(
            refusal.kind, code: redacted(reply.enhancedStatus ?? String(reply.code)),
            message: "\(refusal.place): \(reply.code) \(words)")
        return switch refusal.remedy {
        case .retry: .retry(failure)
        case .pause: .throttled(failure)
        case .none: .rejected(failure)
        }
    }

    /// Without secrets, the password also as it crosses the wire, and cut to a length for a log line.
    private func redacted(_ text: String) -> String {
        var secrets = settings.secrets
        if let credentials = settings.server.credentials {
            let password = credentials.password.revealed
            let shown = [password, "\u{0}\(credentials.username)\u{0}\(password)"]
            secrets += shown.map { Secret(Data($0.utf8).base64EncodedString()) }
        }
        let text = secrets.reduce(text) { $1.redacted(from: $0) }
        return text.count > 500 ? text.prefix(500) + "…" : text
    }
}
