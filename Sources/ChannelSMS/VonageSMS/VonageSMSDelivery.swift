import ChannelSDK

/// Submits messages through Vonage's SMS API, one request for each; Vonage cuts them into segments.
struct VonageSMSDelivery: HTTPDeliveryClient {
    static let rules = SMSContentRules(longestBody: 3200, mostMedia: 0, bodySubstitutes: [])
    /// In bytes; Vonage refuses a longer one.
    private static let longestCallback = 100

    private let settings: VonageSMSSettings
    private let transport: any Transport
    /// `Basic` and the base64 of key and secret.
    private let authorization: Secret

    init(settings: VonageSMSSettings, transport: any Transport) {
        self.settings = settings
        self.transport = transport
        authorization = BasicAuthentication(username: settings.apiKey, password: settings.apiSecret).headerValue
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        HTTPRequest(
            url: "\(settings.baseURL)/sms/json",
            headers: [
                "Authorization": authorization.revealed, "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            ],
            body: FormEncoding.encode(form(for: message)))
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        let credentials = Secret(String(authorization.revealed.dropFirst("Basic ".count)))
        let secrets = [settings.apiSecret, settings.signatureSecret, credentials]
        return VonageSMSAnswer(response, secrets: secrets)
            .outcome(segments: SMSSegments(of: message.content.body).count).counted(of: message.content)
    }

    private func form(for message: OutboundMessage) -> [FormEncoding.Pair] {
        let content = message.content
        let segments = SMSSegments(of: content.body)
        var form = [
            FormEncoding.Pair("from", PhoneNumber.withoutPlus(content.options["from"] ?? settings.from)),
            FormEncoding.Pair("to", PhoneNumber.withoutPlus(content.recipient)),
            FormEncoding.Pair("text", content.body),
            FormEncoding.Pair("type", segments.encoding == .gsm7 ? "text" : "unicode"),
            FormEncoding.Pair("status-report-req", "1"),
            FormEncoding.Pair(
                "client-ref", VonageClientReference(delivery: message.delivery, segments: segments.count).text),
        ]
        // Without it Vonage reports to the address in the account's settings.
        let callback = VonageAccount.callback(message.webhookURL)
        if callback.utf8.count <= Self.longestCallback { form.append(.init("callback", callback)) }
        if let period = settings.validityPeriod { form.append(.init("ttl", String(period))) }
        return form
    }
}
