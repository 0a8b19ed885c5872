import ChannelSDK
import FoundationEssentials

/// Submits messages through the Cloud API, one request for each.
struct MetaDelivery: HTTPDeliveryClient {
    private let settings: MetaSettings
    private let transport: any Transport
    private let url: String
    private let template: FallbackTemplate?

    private init(settings: MetaSettings, transport: any Transport) {
        self.settings = settings
        self.transport = transport
        url = "\(settings.apiURL)/\(settings.phoneNumberID)/messages"
        template = settings.fallback.map {
            FallbackTemplate(
                nameOption: "template_name", name: $0.name,
                options: ["template_language": settings.templateLanguage], variablesOption: "template_variables")
        }
    }

    /// The client for these settings: one that falls back to a template where one is configured.
    static func client(settings: MetaSettings, host: ChannelHost) -> any DeliveryClient {
        let plain = MetaDelivery(settings: settings, transport: host.transport)
        guard let template = plain.template, !plain.usesTemplateOnly else { return plain }
        return FallbackDelivery(
            client: plain, template: template, closedWindowCode: MetaErrorCodes.closedWindow,
            transport: TimeLimitedTransport(host: host))
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        let message = usesTemplateOnly ? template?.message(for: message) ?? message : message
        let body = MetaMessage(
            recipient: message.content.recipient, delivery: message.delivery,
            content: try content(message.content.withMediaOptions))
        return HTTPRequest(
            url: url,
            headers: [
                "Authorization": "Bearer \(settings.accessToken.revealed)",
                "Content-Type": "application/json",
                "Accept": "application/json",
            ],
            body: try Self.json(body))
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        MetaAnswer(response, secrets: [settings.accessToken, settings.appSecret, settings.verifyToken]).outcome
    }

    private var usesTemplateOnly: Bool { settings.fallback?.isAlwaysUsed ?? false }

    private func content(_ content: MessageContent) throws(DeliveryFailure) -> MetaMessage.Content {
        let options = content.options
        if let name = options["template_name"] {
            let language = options["template_language"] ?? settings.templateLanguage
            return .template(
                MetaTemplate(
                    name, language: language, variables: try Self.variables(options),
                    media: MetaMedia(options, caption: nil)))
        }
        guard options["media_url"] != nil else { return .text(content.body, previewsURLs: settings.previewsURLs) }
        guard let media = MetaMedia(options, caption: content.body) else {
            throw DeliveryFailure(.content, code: "media_type", message: "options.media_type is none of WhatsApp's")
        }
        return .media(media)
    }

    private static func variables(_ options: [String: String]) throws(DeliveryFailure) -> MetaTemplateVariables? {
        guard let json = options["template_variables"] else { return nil }
        do throws(MetaTemplateVariables.Problem) {
            return try MetaTemplateVariables(json)
        } catch {
            let message = "options.template_variables \(error.message)"
            throw DeliveryFailure(.content, code: "template_variables", message: message)
        }
    }

    /// Sorted, so that a message is the same bytes each time.
    private static func json(_ message: MetaMessage) throws(DeliveryFailure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(message) else {
            throw DeliveryFailure(.content, code: "json", message: "the message can't be written as JSON")
        }
        return Array(data)
    }
}
