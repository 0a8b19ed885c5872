import ChannelSDK

/// Submits messages through Kannel's sendsms interface, one request for each; Kannel cuts them into segments, and
/// reports on the whole.
struct KannelDelivery: HTTPDeliveryClient {
    /// Every kind of report but the intermediate ones: delivered, failed, buffered, taken and refused by the SMSC.
    private static let reportMask = "31"

    private let settings: KannelSettings
    private let transport: any Transport

    init(settings: KannelSettings, transport: any Transport) {
        self.settings = settings
        self.transport = transport
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        let query = String(decoding: FormEncoding.encode(items(for: message)), as: UTF8.self)
        return HTTPRequest(method: "GET", url: "\(settings.baseURL)/cgi-bin/sendsms?\(query)")
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        // The password stands in the address, where it may look different.
        let escaped = Secret(FormEncoding.percentEncode(settings.password.revealed))
        let secrets = [settings.password, escaped] + (settings.webhookSecret.map { [$0] } ?? [])
        return KannelAnswer(response, secrets: secrets).outcome.counted(of: message.content)
    }

    private func items(for message: OutboundMessage) -> [FormEncoding.Pair] {
        let content = message.content
        let isGSM = SMSSegments(of: content.body).encoding == .gsm7
        var items = [
            FormEncoding.Pair("username", settings.username),
            FormEncoding.Pair("password", settings.password.revealed),
            FormEncoding.Pair("from", content.options["from"] ?? settings.from),
            FormEncoding.Pair("to", content.recipient),
            FormEncoding.Pair("text", content.body),
            FormEncoding.Pair("charset", "UTF-8"),
            FormEncoding.Pair("coding", isGSM ? "0" : "2"),
            FormEncoding.Pair("dlr-mask", Self.reportMask),
            FormEncoding.Pair("dlr-url", reportURL(message.webhookURL)),
        ]
        if let smsc = settings.smsc { items.append(.init("smsc", smsc)) }
        if let period = settings.validityPeriod { items.append(.init("validity", String(period))) }
        return items
    }

    /// Kannel puts the kind of the report, its time and the SMSC's words in the place of `%d`, `%T` and `%A`. It returns
    /// no id of its own, so the address is all that names the delivery.
    private func reportURL(_ webhookURL: String) -> String {
        let secret = settings.webhookSecret.map { "&secret=\($0.revealed)" } ?? ""
        return "\(webhookURL)\(secret)&status=%d&ts=%T&answer=%A"
    }
}
