import ChannelEmail
import ChannelSDK
import ChannelTesting
import Testing

@Suite struct ResendTests {
    private let kit: ChannelTestKit<EmailChannel>

    init() throws { kit = try Accounts.kit("resend") }

    private var tag: String { kit.delivery.description.replacing(".", with: "_") }

    private func request(_ body: String) -> HTTPRequest {
        HTTPRequest(
            url: "https://api.resend.com/emails",
            headers: [
                "Authorization": "Bearer re_AbCdEf_123456789", "Content-Type": "application/json",
                "Accept": "application/json", "Idempotency-Key": kit.delivery.description,
            ], body: Array(body.utf8))
    }

    @Test func requests() {
        let tags = #""tags":[{"name":"delivery","value":"\#(tag)"}]"#
        kit.check(requests: [
            RequestCase(
                "text", Accounts.content,
                becomes: request(
                    #"{"from":"Acme <hello@acme.example>","subject":"Hello",\#(tags),"text":"Hi there","#
                        + #""to":["ada@example.com"]}"#)),
            RequestCase(
                "everything", Accounts.fullContent,
                becomes: request(
                    #"{"from":"\"Acme, Inc.\" <news@acme.example>","headers":{"List-Unsubscribe":"#
                        + #""<https://acme.example/u?x=1>","List-Unsubscribe-Post":"List-Unsubscribe=One-Click"},"#
                        + #""html":"<p>Hi</p>","reply_to":"help@acme.example","subject":"Hellö \"you\"",\#(tags),"#
                        + #""text":"Hi é🎉\n","to":["ada@example.com"]}"#)),
        ])
    }

    @Test func answers() {
        func error(_ status: Int, _ name: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
            Accounts.answer(
                status, #"{"statusCode":\#(status),"name":"\#(name)","message":"Resend's words"}"#, headers)
        }
        func rejected(_ kind: DeliveryFailure.Kind, _ names: [(Int, String)]) -> [AnswerCase] {
            names.map { AnswerCase($1, error($0, $1), means: Accounts.rejected(kind, $1, "Resend's words")) }
        }
        func limit(_ name: String, _ headers: HTTPHeaders, _ after: Duration?) -> AnswerCase {
            AnswerCase(
                name, error(429, name, headers),
                means: .throttled(DeliveryFailure(.rateLimit, code: name, message: "Resend's words"), after: after))
        }
        let content = rejected(
            .content, [(400, "validation_error"), (422, "missing_required_field"), (422, "invalid_attachment")])
        let configuration = rejected(
            .configuration,
            [
                (403, "validation_error"), (401, "missing_api_key"), (401, "restricted_api_key"),
                (403, "invalid_api_key"), (404, "not_found"), (422, "invalid_from_address"), (422, "invalid_region"),
            ])
        let passing = [(409, "concurrent_idempotent_requests"), (500, "application_error")].map {
            AnswerCase(
                $1, error($0, $1),
                means: .retry(DeliveryFailure(.transient, code: $1, message: "Resend's words")))
        }
        kit.check(
            answers: content + configuration + passing + rejected(.blocked, [(451, "security_error")])
                + rejected(.other, [(422, "brand_new")]) + [
                    AnswerCase(
                        "taken", Accounts.answer(200, #"{"id":"49a3999c"}"#), means: Accounts.accepted("49a3999c")),
                    limit("rate_limit_exceeded", ["Retry-After": "2"], .seconds(2)),
                    limit("rate_limit_exceeded", [:], nil), limit("daily_quota_exceeded", [:], .seconds(3600)),
                    AnswerCase(
                        "another mail under the key", error(409, "invalid_idempotent_request"),
                        means: .uncertain(
                            DeliveryFailure(
                                .other, code: "invalid_idempotent_request",
                                message: "Resend has another mail under this delivery's key: were settings changed "
                                    + "in between?"))),
                ], to: Accounts.content)
    }

    private func event(_ word: String, tags: String? = nil, _ more: String = "") -> WebhookRequest {
        let tags = tags ?? #"{"delivery":"\#(tag)"}"#
        return Accounts.webhook(
            #"{"type":"\#(word)","created_at":"2026-02-22T23:41:12.126Z","data":{"created_at":"x","#
                + #""email_id":"56761188","tags":\#(tags)\#(more)}}"#)
    }

    private func says(
        _ kind: StatusReport.Kind, isOurs: Bool = true, code: String? = nil, detail: String? = nil
    ) -> WebhookContents {
        WebhookContents(reports: [
            StatusReport(
                delivery: isOurs ? kit.delivery : nil, providerMessageID: "56761188", kind: kind,
                occurredAt: Timestamp(
                    year: 2026, month: 2, day: 22, hour: 23, minute: 41, second: 12, millisecond: 126), code: code,
                detail: detail)
        ])
    }

    @Test func everyWord() {
        let words: [(String, StatusReport.Kind)] = [
            ("scheduled", .status("queued")), ("sent", .status("sent")), ("delivery_delayed", .status("deferred")),
            ("failed", .status("dropped")), ("suppressed", .status("dropped")), ("delivered", .status("delivered")),
            ("bounced", .status("bounced")), ("complained", .status("complained")), ("opened", .engagement("open")),
            ("clicked", .engagement("click")), ("brand_new", .unknown("email.brand_new")),
        ]
        kit.check(
            webhooks: words.map { WebhookCase($0.0, event("email.\($0.0)"), says: says($0.1)) } + [
                WebhookCase(
                    "a bounce",
                    event("email.bounced", #","bounce":{"message":"No","subType":"Suppressed","type":"Permanent"}"#),
                    says: says(.status("bounced"), code: "Suppressed", detail: "No")),
                WebhookCase(
                    "a failure", event("email.failed", #","failed":{"reason":"reached_daily_quota"}"#),
                    says: says(.status("dropped"), detail: "reached_daily_quota")),
                WebhookCase(
                    "tags as they were sent", event("email.sent", tags: #"[{"name":"delivery","value":"\#(tag)"}]"#),
                    says: says(.status("sent"))),
                WebhookCase(
                    "forged tags", event("email.sent", tags: #"{"delivery":"x"}"#),
                    says: says(.status("sent"), isOurs: false)),
                WebhookCase("a contact", Accounts.webhook(#"{"type":"contact.created"}"#), says: WebhookContents()),
                WebhookCase(refusing: "nothing", Accounts.webhook("")),
                WebhookCase(refusing: "nobody's", Accounts.webhook(#"{"type":"email.sent","data":{}}"#)),
            ])
        kit.check(
            anyOrderOf: ["sent", "delivered", "bounced", "complained", "opened"].map { event("email.\($0)") },
            endsIn: "complained")
    }

    @Test func onlyResendIsBelieved() async throws {
        let scheme = try StandardWebhooks(key: Secret("whsec_ESwTAuuIe3yfH4DgdgI+ENsiNzPAGdp+"), headers: .svix)
        let now = kit.host.clock.now()
        await kit.check(verificationOf: [event("email.delivered")]) { request in
            var headers = request.headers
            let signed = try? scheme.signedHeaders(id: "msg_1", timestamp: now, body: request.body)
            for field in signed?.fields ?? [] { headers.add(field.name, field.value) }
            return WebhookRequest(
                method: request.method, url: request.url, headers: headers, body: request.body,
                receivedAt: request.receivedAt)
        }
    }

    @Test func theVectorIsGenuineAndRead() async throws {
        let vector = try #require(try EmailVectors.load().resend.vectors.first)
        let request = Accounts.webhook(
            vector.body,
            headers: ["svix-id": vector.id, "svix-timestamp": vector.timestamp, "svix-signature": vector.signature])
        guard case .scheme(let scheme) = kit.channel.webhooks.verification else {
            Issue.record("no scheme")
            return
        }
        let now = Timestamp(seconds: try #require(Int64(vector.timestamp)))
        #expect(await scheme.verify(request, now: now) == .genuine)
        let report = StatusReport(
            providerMessageID: vector.id, kind: .status("sent"),
            occurredAt: Timestamp(year: 2024, month: 4, day: 8, hour: 9, minute: 43, second: 9, millisecond: 500),
            eventID: vector.id)
        #expect(try kit.channel.webhooks.parse(request).reports == [report])
    }
}
