import ChannelSDK

/// Submits messages through Twilio's Messages resource, one request for each.
struct TwilioDelivery: HTTPDeliveryClient {
    private let settings: TwilioSettings
    private let transport: any Transport
    private let url: String
    /// `Basic` and the base64 of account and token.
    private let authorization: Secret

    init(settings: TwilioSettings, transport: any Transport) {
        self.settings = settings
        self.transport = transport
        url = "\(settings.baseURL)/2010-04-01/Accounts/\(settings.accountSID)/Messages.json"
        authorization = BasicAuthentication(username: settings.accountSID, password: settings.authToken).headerValue
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
            body: FormEncoding.encode(form(for: message)))
    }

    private func form(for message: OutboundMessage) -> [FormEncoding.Pair] {
        let options = message.content.options
        var form = [
            FormEncoding.Pair("To", message.content.recipient),
            FormEncoding.Pair("StatusCallback", message.webhookURL),
        ]
        if let period = settings.validityPeriod { form.append(.init("ValidityPeriod", String(period))) }
        // A sender of the message's own outranks the service: Twilio takes both, and sends from the given number.
        if let from = options["from"] { form.append(.init("From", from)) }
        switch settings.sender {
        case .number(let number):
            if options["from"] == nil { form.append(.init("From", number)) }
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
        for url in options["media_url"].map(SMSContentRules.mediaURLs) ?? [] { form.append(.init("MediaUrl", url)) }
        return form
    }

    private var credentials: Secret { Secret(String(authorization.revealed.dropFirst("Basic ".count))) }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        TwilioAnswer(response, secrets: [settings.authToken, credentials]).outcome.counted(of: message.content)
    }
}
