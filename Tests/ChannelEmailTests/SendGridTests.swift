import ChannelEmail
import ChannelSDK
import ChannelTesting
import Testing

@Suite struct SendGridTests {
    private let kit: ChannelTestKit<EmailChannel>

    init() throws { kit = try Accounts.kit("sendgrid") }

    private func request(_ body: String) -> HTTPRequest {
        HTTPRequest(
            url: "https://api.sendgrid.com/v3/mail/send",
            headers: [
                "Authorization": "Bearer SG.abcdefgh.0123456789", "Content-Type": "application/json",
                "Accept": "application/json",
            ], body: Array(body.utf8))
    }

    @Test func requests() {
        let to =
            #""personalizations":[{"custom_args":{"switchboard_delivery":"\#(kit.delivery)"},"#
            + #""to":[{"email":"ada@example.com"}]}]"#
        kit.check(requests: [
            RequestCase(
                "text", Accounts.content,
                becomes: request(
                    #"{"content":[{"type":"text/plain","value":"Hi there"}],"#
                        + #""from":{"email":"hello@acme.example","name":"Acme"},\#(to),"subject":"Hello"}"#)),
            RequestCase(
                "everything", Accounts.fullContent,
                becomes: request(
                    #"{"content":[{"type":"text/plain","value":"Hi é🎉\n"},{"type":"text/html","value":"<p>Hi</p>"}],"#
                        + #""from":{"email":"news@acme.example","name":"Acme, Inc."},"headers":{"List-Unsubscribe":"#
                        + #""<https://acme.example/u?x=1>","List-Unsubscribe-Post":"List-Unsubscribe=One-Click"},\#(to),"#
                        + #""reply_to":{"email":"help@acme.example"},"subject":"Hellö \"you\""}"#)),
        ])
    }

    @Test func answers() {
        func error(_ field: String) -> String {
            #"{"errors":[{"message":"SendGrid's words","field":\#(field),"help":null}]}"#
        }
        func refused(_ field: String, _ kind: DeliveryFailure.Kind) -> AnswerCase {
            AnswerCase(
                field, Accounts.answer(400, error(#""\#(field)""#)),
                means: Accounts.rejected(kind, field, "SendGrid's words"))
        }
        func throttled(_ reset: String, after: Duration?) -> AnswerCase {
            AnswerCase(
                "reset \(reset)", Accounts.answer(429, error("null"), ["X-RateLimit-Reset": reset]),
                means: .throttled(
                    DeliveryFailure(.rateLimit, code: "http_429", message: "SendGrid's words"), after: after))
        }
        kit.check(
            answers: [
                AnswerCase(
                    "taken", Accounts.answer(202, "", ["X-Message-Id": "LRzXl_NHStOGhQ4kofSm_A"]),
                    means: Accounts.accepted("LRzXl_NHStOGhQ4kofSm_A")),
                AnswerCase("taken, no id", Accounts.answer(202), means: Accounts.accepted(nil)),
                refused("personalizations.0.to.0.email", .recipient), refused("personalizations.0.subject", .content),
                refused("from.email", .configuration), refused("content.0.value", .content),
                AnswerCase(
                    "no field", Accounts.answer(400, error("null")),
                    means: Accounts.rejected(.content, "http_400", "SendGrid's words")),
                AnswerCase(
                    "the key", Accounts.answer(401, error("null")),
                    means: Accounts.rejected(.configuration, "http_401", "SendGrid's words")),
                throttled("1767323055", after: .seconds(10)), throttled("1767323000", after: .zero),
                throttled("x", after: nil), throttled("9999999999", after: .seconds(86_400)),
            ], to: Accounts.content)
    }

    private func event(_ word: String, _ more: String = "") -> String {
        #"{"email":"b@y.example","timestamp":1700000000,"event":"\#(word)","sg_event_id":"e","#
            + #""sg_message_id":"abc.filter1.0","switchboard_delivery":"\#(kit.delivery)"\#(more)}"#
    }

    private func report(_ kind: StatusReport.Kind, code: String? = nil, detail: String? = nil) -> StatusReport {
        StatusReport(
            delivery: kit.delivery, providerMessageID: "abc", kind: kind, occurredAt: Timestamp(seconds: 1_700_000_000),
            code: code, detail: detail, eventID: "e")
    }

    private func optOut(_ reason: OptOutReport.Reason, _ isOptedOut: Bool = true) -> OptOutReport {
        OptOutReport(
            .recipient("b@y.example"), isOptedOut: isOptedOut, reason: reason,
            occurredAt: Timestamp(seconds: 1_700_000_000))
    }

    @Test func everyWordInOneArray() {
        let words: [(String, StatusReport.Kind)] = [
            ("processed", .status("sent")), ("deferred", .status("deferred")), ("delivered", .status("delivered")),
            ("bounce", .status("bounced")), ("dropped", .status("dropped")), ("spamreport", .status("complained")),
            ("open", .engagement("open")), ("click", .engagement("click")), ("unsubscribe", .engagement("unsubscribe")),
            ("group_unsubscribe", .engagement("unsubscribe")), ("group_resubscribe", .engagement("resubscribe")),
            ("brand_new", .unknown("brand_new")),
        ]
        let all = words.map { event($0.0) }.joined(separator: ",")
        kit.check(webhooks: [
            WebhookCase(
                "all", Accounts.webhook("[\(all)]\r\n"),
                says: WebhookContents(
                    reports: words.map { report($0.1) },
                    optOuts: [
                        optOut(.complaint), optOut(.unsubscribe), optOut(.unsubscribe), optOut(.unsubscribe, false),
                    ])),
            WebhookCase(
                "a bounce", Accounts.webhook("[\(event("bounce", #","status":"5.1.1","reason":"No such user""#))]"),
                says: WebhookContents(reports: [report(.status("bounced"), code: "5.1.1", detail: "No such user")])),
            WebhookCase(
                "a deferral and a stranger",
                Accounts.webhook(
                    "[\(event("deferred", #","response":"450 later","attempt":"2""#)),{\"event\":\"open\"}, 7]"),
                says: WebhookContents(reports: [
                    report(.status("deferred"), detail: "450 later"),
                    StatusReport(kind: .unknown("unreadable"), detail: "2 of 3 events can't be read"),
                ])),
            WebhookCase(
                "a word of a recipient about no mail",
                Accounts.webhook(#"[{"event":"unsubscribe","email":"b@y.example","timestamp":1700000000}]"#),
                says: WebhookContents(optOuts: [optOut(.unsubscribe)])),
            WebhookCase("none", Accounts.webhook("[]"), says: WebhookContents()),
            WebhookCase(refusing: "an object", Accounts.webhook("{}")),
            WebhookCase(refusing: "nothing", Accounts.webhook("")),
            WebhookCase(refusing: "events of nobody", Accounts.webhook(#"[{"event":"open"}]"#)),
        ])
    }

    @Test(arguments: [
        (["processed", "deferred", "delivered"], "delivered"), (["delivered", "bounce", "processed"], "bounced"),
        (["delivered", "spamreport", "open"], "complained"), (["processed", "dropped"], "dropped"),
        (["bounce", "spamreport", "delivered"], "complained"), (["open"], "accepted"),
    ])
    func anyOrderEndsInTheSameStatus(words: [String], status: String) {
        kit.check(anyOrderOf: words.map { Accounts.webhook("[\(event($0))]") }, endsIn: StatusName(status))
    }

    @Test func theVectorsAreGenuine() async throws {
        let vectors = try EmailVectors.load().sendgrid.vectors
        #expect(vectors.count == 2)
        for vector in vectors {
            let kit = try Accounts.kit("sendgrid", ["webhook_public_key": .string(vector.key)])
            await kit.check(verificationOf: [Accounts.webhook(vector.body)]) { request in
                var headers = request.headers
                headers["X-Twilio-Email-Event-Webhook-Signature"] = vector.signature
                headers["X-Twilio-Email-Event-Webhook-Timestamp"] = vector.timestamp
                return WebhookRequest(
                    method: "POST", url: request.url, headers: headers, body: request.body,
                    receivedAt: request.receivedAt)
            }
            guard case .scheme(let scheme) = kit.channel.webhooks.verification else { continue }
            let headers: HTTPHeaders = [
                "X-Twilio-Email-Event-Webhook-Signature": vector.signature,
                "X-Twilio-Email-Event-Webhook-Timestamp": vector.timestamp + "0",
            ]
            let late = await scheme.verify(Accounts.webhook(vector.body, headers: headers), now: .distantPast)
            #expect(late != .genuine)
            let cut = Accounts.webhook(vector.body.replacing("\r\n", with: ""), headers: headers)
            #expect(await scheme.verify(cut, now: .distantPast) != .genuine)
        }
    }
}
