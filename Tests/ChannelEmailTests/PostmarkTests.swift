import ChannelEmail
import ChannelSDK
import ChannelTesting
import Testing

@Suite struct PostmarkTests {
    private let kit: ChannelTestKit<EmailChannel>

    init() throws { kit = try Accounts.kit("postmark") }

    private func request(_ body: String) -> HTTPRequest {
        HTTPRequest(
            url: "https://api.postmarkapp.com/email",
            headers: [
                "X-Postmark-Server-Token": "b1946ac9-2492-4d23-47c6-235b4d2611be", "Content-Type": "application/json",
                "Accept": "application/json",
            ], body: Array(body.utf8))
    }

    @Test func requests() {
        kit.check(requests: [
            RequestCase(
                "text", Accounts.content,
                becomes: request(
                    #"{"From":"Acme <hello@acme.example>","MessageStream":"outbound","#
                        + #""Metadata":{"delivery":"\#(kit.delivery)"},"Subject":"Hello","#
                        + #""TextBody":"Hi there","To":"ada@example.com"}"#)),
            RequestCase(
                "everything", Accounts.fullContent,
                becomes: request(
                    #"{"From":"\"Acme, Inc.\" <news@acme.example>","Headers":[{"Name":"List-Unsubscribe","#
                        + #""Value":"<https://acme.example/u?x=1>"},{"Name":"List-Unsubscribe-Post","#
                        + #""Value":"List-Unsubscribe=One-Click"}],"HtmlBody":"<p>Hi</p>","MessageStream":"outbound","#
                        + #""Metadata":{"delivery":"\#(kit.delivery)"},"ReplyTo":"help@acme.example","#
                        + #""Subject":"Hellö \"you\"","TextBody":"Hi é🎉\n","To":"ada@example.com"}"#)),
        ])
    }

    @Test func answers() {
        func error(_ status: Int, _ code: Int) -> HTTPResponse {
            Accounts.answer(status, #"{"ErrorCode":\#(code),"Message":"Postmark's words"}"#)
        }
        func rejected(_ kind: DeliveryFailure.Kind, _ codes: [Int]) -> [AnswerCase] {
            codes.map {
                AnswerCase("\($0)", error(422, $0), means: Accounts.rejected(kind, "\($0)", "Postmark's words"))
            }
        }
        kit.check(
            answers: rejected(.configuration, [10, 400, 401, 405, 412, 413]) + rejected(.content, [300, 411])
                + rejected(.recipient, [406]) + rejected(.other, [99_999]) + [
                    AnswerCase(
                        "taken",
                        Accounts.answer(
                            200,
                            #"{"To":"ada@example.com","SubmittedAt":"2026-01-02T03:04:05.1Z","MessageID":"b7bc2f4a","#
                                + #""ErrorCode":0,"Message":"OK"}"#), means: Accounts.accepted("b7bc2f4a")),
                    AnswerCase(
                        "refused with 200", error(200, 406),
                        means: Accounts.rejected(.recipient, "406", "Postmark's words")),
                    AnswerCase(
                        "an unknown refusal with 200", error(200, 99_999),
                        means: Accounts.rejected(.other, "99999", "Postmark's words")),
                    AnswerCase(
                        "maintenance", error(422, 100),
                        means: .retry(DeliveryFailure(.transient, code: "100", message: "Postmark's words"))),
                    AnswerCase(
                        "too fast", error(429, 429),
                        means: .throttled(DeliveryFailure(.rateLimit, code: "429", message: "Postmark's words"))),
                ], to: Accounts.content)
    }

    private func event(_ word: String, _ more: String = "") -> WebhookRequest {
        Accounts.webhook(
            #"{"RecordType":"\#(word)","MessageID":"883953f4","Metadata":{"delivery":"\#(kit.delivery)"}\#(more)}"#)
    }

    private func says(_ kind: StatusReport.Kind, at: Timestamp? = nil, code: String? = nil, detail: String? = nil)
        -> WebhookContents
    {
        WebhookContents(reports: [
            StatusReport(
                delivery: kit.delivery, providerMessageID: "883953f4", kind: kind, occurredAt: at, code: code,
                detail: detail)
        ])
    }

    @Test func everyWord() {
        let moment = Timestamp(year: 2026, month: 4, day: 5, hour: 16, minute: 33, second: 54, millisecond: 907)
        let bounces: [(String, StatusReport.Kind)] = [
            ("HardBounce", .status("bounced")), ("SoftBounce", .status("bounced")),
            ("BadEmailAddress", .status("bounced")), ("SpamNotification", .status("bounced")),
            ("Blocked", .status("bounced")), ("Transient", .status("deferred")), ("DnsError", .status("deferred")),
            ("SpamComplaint", .status("complained")), ("TemplateRenderingFailed", .status("dropped")),
            ("Unsubscribe", .engagement("unsubscribe")), ("AutoResponder", .unknown("AutoResponder")),
        ]
        kit.check(
            webhooks: bounces.map { type, kind in
                WebhookCase(
                    type, event("Bounce", #","Type":"\#(type)","Details":"smtp;550 no""#),
                    says: says(kind, code: type, detail: "smtp;550 no"))
            } + [
                WebhookCase(
                    "delivered", event("Delivery", #","DeliveredAt":"2026-04-05T16:33:54.9070259Z","Details":"x""#),
                    says: says(.status("delivered"), at: moment)),
                WebhookCase(
                    "elsewhere in the world", event("Delivery", #","DeliveredAt":"2026-04-05T12:33:54.907-04:00""#),
                    says: says(.status("delivered"), at: moment)),
                WebhookCase(
                    "no such time", event("Delivery", #","DeliveredAt":"2026-02-30T12:33:54Z""#),
                    says: says(.status("delivered"))),
                WebhookCase(
                    "complaint", event("SpamComplaint", #","Type":"SpamComplaint","Description":"spam""#),
                    says: says(.status("complained"), code: "SpamComplaint", detail: "spam")),
                WebhookCase("open", event("Open"), says: says(.engagement("open"))),
                WebhookCase("click", event("Click"), says: says(.engagement("click"))),
                WebhookCase(
                    "gone", event("SubscriptionChange", #","SuppressSending":true"#),
                    says: says(.engagement("unsubscribe"))),
                WebhookCase(
                    "back", event("SubscriptionChange", #","SuppressSending":false"#),
                    says: says(.engagement("resubscribe"))),
                WebhookCase("new", event("BrandNew"), says: says(.unknown("BrandNew"))),
                WebhookCase(refusing: "no word", Accounts.webhook(#"{"MessageID":"x"}"#)),
                WebhookCase(refusing: "nobody's", Accounts.webhook(#"{"RecordType":"Open"}"#)),
            ])
    }

    @Test func aLateBounceAndAComplaintWin() {
        let delivered = event("Delivery")
        let bounced = event("Bounce", #","Type":"HardBounce""#)
        kit.check(anyOrderOf: [delivered, bounced, event("Open")], endsIn: "bounced")
        kit.check(anyOrderOf: [delivered, event("SpamComplaint"), bounced], endsIn: "complained")
    }

    /// With a list of addresses both must hold.
    @Test func onlyTheAllowedAddressesAreBelieved() async throws {
        let kit = try Accounts.kit("postmark", ["allowed_addresses": .list(["50.31.156.6", "10.0.0.0/8"])])
        guard case .scheme(let scheme) = kit.channel.webhooks.verification else {
            Issue.record("nothing is verified")
            return
        }
        let password = "Basic cG9zdG1hcms6cGFzcy03ZjNhMWM="
        let cases: [(Bool, String?, String)] = [
            (true, "50.31.156.6", password), (true, "10.1.2.3", password), (false, "50.31.156.7", password),
            (false, nil, password), (false, "50.31.156.6", "Basic eDp5"),
        ]
        for (isGenuine, address, authorization) in cases {
            let request = WebhookRequest(
                method: "POST", url: "https://notify.example.com/webhooks/email",
                headers: ["Authorization": authorization], body: event("Delivery").body,
                receivedAt: kit.host.clock.now(), remoteAddress: address.flatMap { IPAddress($0) })
            let verdict = await scheme.verify(request, now: kit.host.clock.now())
            #expect((verdict == .genuine) == isGenuine, "\(address ?? "nobody"), \(authorization)")
        }
    }

    @Test(arguments: [[], ["50.31.156"], ["10.0.0.5/8"], ["10.0.0.0/8", "x"]])
    func addressesThatAreNone(addresses: [String]) {
        let refusal = #expect(throws: ConfigurationProblems.self) {
            try Accounts.kit("postmark", ["allowed_addresses": .list(addresses)])
        }
        #expect(refusal?.problems.map(\.setting) == ["allowed_addresses"])
    }

    @Test func onlyWhoKnowsThePasswordIsBelieved() async {
        await kit.check(verificationOf: [event("Delivery")], coversBody: false) { request in
            var headers = request.headers
            headers["Authorization"] = "Basic cG9zdG1hcms6cGFzcy03ZjNhMWM="
            return WebhookRequest(
                method: request.method, url: request.url, headers: headers, body: request.body,
                receivedAt: request.receivedAt)
        }
    }
}
