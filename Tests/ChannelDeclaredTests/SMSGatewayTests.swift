import ChannelSDK
import ChannelTesting
import Testing

/// The declared SMS gateway by the suite that every module passes.
@Suite struct SMSGatewayTests {
    private static let secret = Secret("signs-the-reports")
    private let content = MessageContent(recipient: "+15551230001", body: "Hi")
    private static let id = "0190163d-8694-739b-aea5-966c26f8ad90.1"

    private func kit() throws -> ChannelTestKit<SMSGateway> {
        try ChannelTestKit(
            provider: "sms-gateway",
            settings: [
                "base_url": .string("https://sms.example.com/v1/"), "api_key": .secret(Secret("key-of-the-gateway")),
                "webhook_secret": .secret(Self.secret), "from": .string("+15005550006"),
                "validity": .duration(.seconds(60)),
            ])
    }

    private func answer(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
    }

    private func webhook(_ body: String, query: String = "") -> WebhookRequest {
        WebhookRequest(
            method: "POST", url: "https://notify.example.com/webhooks/sms\(query)",
            headers: ["Content-Type": "application/json"], body: Array(body.utf8),
            receivedAt: Timestamp(seconds: 1_767_323_045))
    }

    private func report(_ status: String, _ more: String = "") -> WebhookRequest {
        webhook(#"{"events":[{"reference":"\#(Self.id)","message_id":"m-1","status":"\#(status)"\#(more)}]}"#)
    }

    @Test func `the module describes itself and hides its secrets`() throws {
        try kit().checkDescriptor()
        #expect(try kit().order.statuses.suffix(2).map(\.name) == ["undelivered", "delivered"])
    }

    @Test func `contents`() throws {
        try kit().check(contents: [
            ContentCase("fine", content),
            ContentCase("no number", MessageContent(recipient: "Ada", body: "Hi"), problemsAt: ["to"]),
            ContentCase("nothing", MessageContent(recipient: "", body: ""), problemsAt: ["to", "body"]),
            ContentCase(
                "too long", MessageContent(recipient: "+15551230001", body: String(repeating: "é", count: 1601)),
                problemsAt: ["body"]),
            ContentCase(
                "a file",
                MessageContent(
                    recipient: "+15551230001", body: "Hi",
                    attachments: [.init(name: "a.png", mediaType: "image/png", content: .bytes([1]))]),
                problemsAt: ["attachments"]),
        ])
    }

    @Test func `requests`() throws {
        let url = "https://notify.example.com/webhooks/under-test?delivery=\(Self.id)"
        func request(_ text: String, tags: String = "") -> HTTPRequest {
            let body =
                #"{"from":"+15005550006","to":"15551230001","text":\#(text),"reference":"\#(Self.id)","#
                + #""report_url":"\#(url)","ttl":60,"tags":[\#(tags)]}"#
            return HTTPRequest(
                url: "https://sms.example.com/v1/messages",
                headers: [
                    "Authorization": "Bearer key-of-the-gateway", "Idempotency-Key": Self.id,
                    "Content-Type": "application/json",
                ], body: Array(body.utf8))
        }
        try kit().check(requests: [
            RequestCase("text", content, becomes: request(#""Hi""#)),
            RequestCase(
                "what could break out of its string",
                MessageContent(recipient: "+15551230001", body: "\",\"to\":\"1\\\n\u{0}\u{2028}é🎉{{to}}"),
                becomes: request(#""\",\"to\":\"1\\\n\u0000\u2028é🎉{{to}}""#)),
            RequestCase(
                "an option", MessageContent(recipient: "+15551230001", body: "Hi", options: ["campaign": "May"]),
                becomes: request(#""Hi""#, tags: #""May""#)),
        ])
    }

    @Test func `answers`() throws {
        func failure(_ kind: DeliveryFailure.Kind, _ code: String, _ message: String) -> DeliveryFailure {
            DeliveryFailure(kind, code: code, message: message)
        }
        func error(_ code: String) -> String { #"{"error":{"code":"\#(code)","message":"Words"}}"# }
        try kit().check(
            answers: [
                AnswerCase(
                    "taken", answer(202, #"{"message":{"id":"m-1"}}"#),
                    means: .accepted(Acceptance(providerMessageID: "m-1", status: "queued"))),
                AnswerCase(
                    "an id that is a number", answer(200, #"{"message":{"id":12345678901234567890}}"#),
                    means: .accepted(Acceptance(providerMessageID: "12345678901234567890", status: "queued"))),
                AnswerCase(
                    "somebody else's success", answer(200, "<html>Sign in</html>"),
                    means: .uncertain(
                        failure(
                            .other, "http_200",
                            "HTTP 200 without the message's id: is this the provider's address, or a proxy's?")
                    )),
                AnswerCase(
                    "code before status", answer(200, error("stopped")),
                    means: .rejected(failure(.optedOut, "stopped", "Words"))),
                AnswerCase(
                    "a passing code", answer(400, error("busy"), ["Retry-After": "2.5"]),
                    means: .retry(failure(.transient, "busy", "Words"), after: .milliseconds(2500))),
                AnswerCase(
                    "an unknown code", answer(422, error("new")), means: .rejected(failure(.other, "new", "Words"))),
                AnswerCase(
                    "too fast", answer(429, "", ["Retry-After": "7"]),
                    means: .throttled(failure(.rateLimit, "http_429", "HTTP 429"), after: .seconds(7))),
                AnswerCase(
                    "an eternity", answer(503, "", ["Retry-After": "1e300"]),
                    means: .retry(failure(.transient, "http_503", "HTTP 503"), after: .seconds(86_400))),
                AnswerCase(
                    "broken", answer(502, ""), means: .uncertain(failure(.transient, "http_502", "HTTP 502"))),
                AnswerCase(
                    "wrong key", answer(401, ""),
                    means: .rejected(failure(.configuration, "http_401", "HTTP 401"))),
            ], to: content)
    }

    @Test func `webhooks`() throws {
        let delivery = DeliveryID(Self.id)
        func says(_ kind: StatusReport.Kind, at: Timestamp? = nil, code: String? = nil, detail: String? = nil)
            -> WebhookContents
        {
            WebhookContents(reports: [
                StatusReport(
                    delivery: delivery, providerMessageID: "m-1", kind: kind, occurredAt: at, code: code, detail: detail
                )
            ])
        }
        try kit().check(webhooks: [
            WebhookCase("delivered", report("DELIVERED"), says: says(.status("delivered"))),
            WebhookCase(
                "its time", report("SENT", #","at":"2026-01-02T04:04:05.5+01:00""#),
                says: says(.status("sent"), at: Timestamp(milliseconds: 1_767_323_045_500))),
            WebhookCase(
                "its reason", report("FAILED", #","at":"soon","error":{"code":41,"message":"Off"}"#),
                says: says(.status("undelivered"), code: "41", detail: "Off")),
            WebhookCase("a new word", report("BOUNCED"), says: says(.unknown("BOUNCED"))),
            WebhookCase("no news", report("PING"), says: WebhookContents()),
            WebhookCase("no events", webhook(#"{"events":[]}"#), says: WebhookContents()),
            WebhookCase(
                "the signed id only",
                webhook(#"{"events":{"message_id":"m-2","status":"SENT"}}"#, query: "?delivery=\(Self.id)"),
                says: WebhookContents(reports: [StatusReport(providerMessageID: "m-2", kind: .status("sent"))])),
            WebhookCase(
                "an answer",
                webhook(
                    #"{"events":[{"message_id":"i-1","from":"+15551230001","to":"+15005550006","text":"STOP"},7]}"#),
                says: WebhookContents(inbound: [
                    InboundMessage(
                        providerMessageID: "i-1", sender: "+15551230001", recipient: "+15005550006", body: "STOP",
                        intent: .optOut)
                ])),
            WebhookCase(refusing: "no status", webhook(#"{"events":[{"message_id":"m-1"}]}"#)),
            WebhookCase(refusing: "no list", webhook(#"{"event":[]}"#)),
            WebhookCase(refusing: "no JSON", webhook("status=SENT")),
        ])
        try kit().check(
            anyOrderOf: ["QUEUED", "SENT", "EXPIRED", "FAILED", "DELIVERED", "NEW"].map { report($0) },
            endsIn: "delivered")
    }

    @Test func `signatures`() async throws {
        let kit = try kit()
        let verifier = HMACContentSignature(
            header: "X-Gateway-Signature", prefix: "v1=", key: Self.secret,
            content: [.timestamp, .text("."), .body], timestampHeader: "X-Gateway-Time")
        @Sendable func signed(_ request: WebhookRequest, at seconds: Int) -> WebhookRequest {
            var headers = request.headers
            headers["X-Gateway-Time"] = "\(seconds)"
            func with(_ headers: HTTPHeaders) -> WebhookRequest {
                WebhookRequest(
                    method: request.method, url: request.url, headers: headers, body: request.body,
                    receivedAt: request.receivedAt)
            }
            headers["X-Gateway-Signature"] = verifier.signature(of: with(headers))
            return with(headers)
        }
        await kit.check(verificationOf: [report("SENT")]) { signed($0, at: 1_767_323_045) }
        guard case .scheme(let scheme) = kit.channel.webhooks.verification else { return }
        for (seconds, isGenuine) in [(1_767_323_045 - 300, true), (1_767_323_045 + 301, false), (0, false)] {
            let verdict = await scheme.verify(signed(report("SENT"), at: seconds), now: kit.host.clock.now())
            #expect((verdict == .genuine) == isGenuine, "\(seconds)")
        }
    }
}
