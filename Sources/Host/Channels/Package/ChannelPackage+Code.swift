/// The code of a new channel. It works: it speaks to the provider sandbox as one speaks to Twilio, form in and JSON out. An
/// author replaces address, fields and codes by those of the real provider.
extension ChannelPackage {
    var channel: String {
        named(
            """
            public import ChannelSDK

            /// Sends text messages through Example.
            public struct ExampleChannel: Channel {
                public static let descriptor = ChannelDescriptor(
                    name: "example-channel", version: "0.1.0", summary: "Text messages through Example.",
                    providers: [.init("example-channel", title: "Example", settings: ExampleSettings.declared)],
                    parts: [])

                /// Of every two, the one further on wins, in whatever order they are reported.
                public static let statuses = StatusGraph(
                    version: 1,
                    statuses: [.progress("queued"), .progress("sent"), .failure("failed"), .goal("delivered")],
                    transitions: .chain("queued", "sent", "failed", "delivered"))

                public let delivery: any DeliveryClient
                public let webhooks: any WebhookParser

                public init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
                    let settings = try ExampleSettings(configuration)
                    delivery = ExampleDelivery(settings: settings, transport: host.transport)
                    webhooks = ExampleWebhooks(token: settings.token)
                }

                public func validate(_ content: MessageContent) -> [FieldProblem] {
                    var problems: [FieldProblem] = []
                    if !content.recipient.hasPrefix("+") {
                        problems.append(FieldProblem(field: "to", message: "must be a number such as +15551230001"))
                    }
                    if content.body.isEmpty { problems.append(FieldProblem(field: "body", message: "must not be empty")) }
                    if !content.attachments.isEmpty {
                        problems.append(FieldProblem(field: "attachments", message: "can't be sent by this channel"))
                    }
                    return problems
                }
            }

            """)
    }

    var settings: String {
        named(
            """
            import ChannelSDK

            /// What channels.yaml says under `settings:`.
            struct ExampleSettings {
                /// The host checks these, with line and column, before the channel sees anything.
                static let declared = [
                    Setting("account", .string, required: true, help: "The account's id."),
                    Setting("token", .secret, required: true, help: "Authenticates requests and signs webhooks."),
                    Setting("sender", .string, required: true, help: "The number that messages come from."),
                    Setting("base_url", .url, required: true, help: "Where the provider's API answers."),
                ]

                let account: String
                let token: Secret
                let sender: String
                let baseURL: String

                init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
                    account = try configuration.required(configuration.string("account"), "account")
                    token = try configuration.required(configuration.secret("token"), "token")
                    sender = try configuration.required(configuration.string("sender"), "sender")
                    let url = try configuration.required(configuration.string("base_url"), "base_url")
                    baseURL = url.hasSuffix("/") ? String(url.dropLast()) : url
                    // What only the channel can know: the host adds the line.
                    if token.isEmpty { throw ConfigurationProblems([.init(setting: "token", message: "must not be empty")]) }
                }
            }

            """)
    }

    var delivery: String {
        named(
            """
            import ChannelSDK

            /// One request for each message. The host carries it, and decides what a broken connection means.
            struct ExampleDelivery: HTTPDeliveryClient {
                let settings: ExampleSettings
                let transport: any Transport

                private var authorization: Secret {
                    BasicAuthentication(username: settings.account, password: settings.token).headerValue
                }

                func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
                    await deliver(messages, over: transport)
                }

                func request(for message: OutboundMessage) -> HTTPRequest {
                    HTTPRequest(
                        url: "\\(settings.baseURL)/2010-04-01/Accounts/\\(FormEncoding.percentEncode(settings.account))/Messages.json",
                        headers: [
                            "Authorization": authorization.revealed,
                            "Content-Type": "application/x-www-form-urlencoded",
                        ],
                        body: FormEncoding.encode([
                            .init("To", message.content.recipient), .init("From", settings.sender),
                            .init("Body", message.content.body),
                            // It carries the delivery's id, by which reports find the delivery.
                            .init("StatusCallback", message.webhookURL),
                        ]))
                }

                /// The provider's own code first, the HTTP status second. Any bytes can come.
                func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
                    let answer = UntrustedJSON.decode(Answer.self, from: response.body)
                    let code = answer?.code.map { "\\($0)" } ?? "http_\\(response.status)"
                    func failure(_ kind: DeliveryFailure.Kind) -> DeliveryFailure {
                        DeliveryFailure(kind, code: code, message: words(of: answer) ?? "HTTP \\(response.status)")
                    }
                    switch (response.status, answer?.code) {
                    case (200..<300, _):
                        guard let id = answer?.sid else { return .uncertain(failure(.other)) }
                        return .accepted(Acceptance(providerMessageID: id, status: "queued"))
                    case (_, 21211?): return .rejected(failure(.recipient))
                    case (_, 21610?): return .rejected(failure(.optedOut))
                    case (429, _):
                        let seconds = response.headers["Retry-After"].flatMap { Int($0) }
                        return .throttled(failure(.rateLimit), after: seconds.map { .seconds(max(0, min($0, 86_400))) })
                    case (500..., _), (408, _): return .retry(failure(.transient))
                    case (401, _), (403, _), (404, _): return .rejected(failure(.configuration))
                    default: return .rejected(failure(.other))
                    }
                }

                /// The provider's words, short, and without secrets should it echo them.
                private func words(of answer: Answer?) -> String? {
                    guard let text = answer?.message, !text.isEmpty else { return nil }
                    let credentials = Secret(String(authorization.revealed.dropFirst("Basic ".count)))
                    return String(settings.token.redacted(from: credentials.redacted(from: text)).prefix(500))
                }

                private struct Answer: Decodable {
                    let sid: String?
                    let code: Int?
                    let message: String?
                }
            }

            """)
    }

    var webhooks: String {
        named(
            """
            import ChannelSDK

            /// Reads what the provider reports. A pure function of the request: it may be read later, or again.
            struct ExampleWebhooks: WebhookParser {
                /// The host runs this on the raw bytes before the parser sees anything.
                let verification: WebhookVerification

                init(token: Secret) { verification = .scheme(URLFormSignature(header: "X-Twilio-Signature", key: token)) }

                func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
                    let form = request.form
                    func field(_ name: String) -> String? { form.first { $0.name == name && !$0.value.isEmpty }?.value }
                    guard let word = field("MessageStatus") else { throw WebhookRefusal("MessageStatus is missing") }
                    guard request.delivery != nil || field("MessageSid") != nil else {
                        throw WebhookRefusal("whose status? MessageSid is missing, and the address names no delivery")
                    }
                    let report = StatusReport(
                        delivery: request.delivery, providerMessageID: field("MessageSid"), kind: Self.kind(of: word),
                        code: field("ErrorCode"))
                    return WebhookContents(reports: [report])
                }

                /// A word that is not known is kept as it came, never refused.
                private static func kind(of word: String) -> StatusReport.Kind {
                    switch word {
                    case "queued", "sending": .status("queued")
                    case "sent": .status("sent")
                    case "failed", "undelivered": .status("failed")
                    case "delivered": .status("delivered")
                    default: .unknown(word)
                    }
                }
            }

            """)
    }

    var entry: String {
        named(
            """
            import ChannelSDK

            /// What the host calls when it has loaded the library.
            @c(switchboard_channel)
            public func entry() -> UnsafeMutableRawPointer { ChannelLibraryEntry.make(ExampleChannel.self) }

            """)
    }
}
