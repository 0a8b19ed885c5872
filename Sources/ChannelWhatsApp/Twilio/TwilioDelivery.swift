import ChannelSDK

/// Submits messages through Twilio's Messages resource, one request for each.
struct TwilioDelivery: HTTPDeliveryClient {
    private let settings: TwilioSettings
    private let transport: any Transport
    private let url: String
    /// `Basic` and the base64 of account and token.
    private let authorization: Secret
    private let template: FallbackTemplate?

    private init(settings: TwilioSettings, transport: any Transport) {
        self.settings = settings
        self.transport = transport
        url = "\(settings.baseURL)/2010-04-01/Accounts/\(settings.accountSID)/Messages.json"
        authorization = BasicAuthentication(username: settings.accountSID, password: settings.authToken).headerValue
        template = settings.fallback.map {
            FallbackTemplate(
                nameOption: "content_sid", name: $0.name, options: [:], variablesOption: "content_variables")
        }
    }

    /// The client for these settings: one that falls back to a template where one is configured.
    static func client(settings: TwilioSettings, host: ChannelHost) -> any DeliveryClient {
        let plain = TwilioDelivery(settings: settings, transport: host.transport)
        guard let template = plain.template, !plain.usesTemplateOnly else { return plain }
        return FallbackDelivery(
            client: plain, template: template, closedWindowCode: TwilioErrorCodes.closedWindow,
            transport: TimeLimitedTransport(host: host))
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        HTTPRequest(
            url: url,
            headers: [
                "Authorization": authorization.revealed,
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
                "Accept-Charset": "utf-8",
            ],
            body: FormEncoding.encode(
                form(for: usesTemplateOnly ? template?.message(for: message) ?? message : message)))
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        TwilioAnswer(response, secrets: [settings.authToken, credentials]).outcome
    }

    private var usesTemplateOnly: Bool { settings.fallback?.isAlwaysUsed ?? false }

    private var credentials: Secret { Secret(String(authorization.revealed.dropFirst("Basic ".count))) }

    private func form(for message: OutboundMessage) -> [FormEncoding.Pair] {
        let options = message.content.withMediaOptions.options
        var form = [
            FormEncoding.Pair("To", TwilioAddress.of(message.content.recipient)),
            FormEncoding.Pair("StatusCallback", message.webhookURL),
        ]
        // A sender of the message's own outranks the service: Twilio takes both, and sends from the given number.
        if let from = options["from"] { form.append(.init("From", TwilioAddress.of(from))) }
        switch settings.sender {
        case .number(let number):
            if options["from"] == nil { form.append(.init("From", TwilioAddress.of(number))) }
        case .service(let sid): form.append(.init("MessagingServiceSid", sid))
        }
        return form + content(message.content.body, options)
    }

    /// A template stands alone: Twilio refuses text or media beside it.
    private func content(_ body: String, _ options: [String: String]) -> [FormEncoding.Pair] {
        var form: [FormEncoding.Pair] = []
        if let sid = options["content_sid"] {
            form.append(.init("ContentSid", sid))
            if let variables = options["content_variables"] { form.append(.init("ContentVariables", variables)) }
            return form
        }
        if !body.isEmpty { form.append(.init("Body", body)) }
        if let url = options["media_url"] { form.append(.init("MediaUrl", url)) }
        return form
    }
}
