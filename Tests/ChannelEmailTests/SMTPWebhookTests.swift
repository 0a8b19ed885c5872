import ChannelEmail
import ChannelSDK
import ChannelTesting
import Testing

/// Bounces as a mail server's pipe posts them.
@Suite struct SMTPWebhookTests {
    private let kit: ChannelTestKit<EmailChannel>

    init() throws { kit = try Accounts.kit("smtp") }

    private var address: String { "bounces+\(kit.delivery)@bounces.acme.example" }

    private func parts(action: String, messageID: String = "<x@acme.example>") -> String {
        """
        --limit
        Content-Type: text/plain

        I'm sorry to have to inform you.

        --limit
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example

        Final-Recipient: rfc822; ada@example.com
        Action: \(action)
        Status: 5.1.1
        Diagnostic-Code: smtp; 550 5.1.1 no such user

        --limit
        Content-Type: message/rfc822

        Message-ID: \(messageID)
        Subject: Hello

        Hi
        --limit--

        """
    }

    private let type = "multipart/report; report-type=delivery-status; boundary=\"limit\""

    private func bounce(to address: String, action: String = "failed", messageID: String = "<x@acme.example>")
        -> String
    {
        "From: MAILER-DAEMON@mx.example\nTo: \(address)\nSubject: Returned\nContent-Type: \(type)\n\n"
            + parts(action: action, messageID: messageID)
    }

    private func post(
        _ body: String, type: String = "message/rfc822", query: String = "", authorization: String? = nil
    ) -> WebhookRequest {
        var headers: HTTPHeaders = ["Content-Type": type]
        headers["Authorization"] = authorization
        return WebhookRequest(
            method: "POST", url: "https://notify.example.com/webhooks/smtp\(query)", headers: headers,
            body: Array(body.replacing("\n", with: "\r\n").utf8), receivedAt: Timestamp(seconds: 1_767_323_045))
    }

    private func says(_ kind: StatusReport.Kind, code: String? = "5.1.1", detail: String? = "550 5.1.1 no such user")
        -> WebhookContents
    {
        WebhookContents(reports: [StatusReport(delivery: kit.delivery, kind: kind, code: code, detail: detail)])
    }

    private let somewhere = "postmaster@acme.example"

    /// What the kit does to each is much for a mail, so there is one of each kind; the others are below.
    @Test func posts() {
        kit.check(
            webhooks: [
                WebhookCase("a bounce", post(bounce(to: address)), says: says(.status("bounced"))),
                WebhookCase(
                    "the report alone", post(parts(action: "failed"), type: type, query: "?recipient=\(address)"),
                    says: says(.status("bounced"))),
                WebhookCase(
                    "an answer", post("From: ada@example.com\nTo: \(address)\nSubject: On holiday\n\nBack soon"),
                    says: says(.unknown("mail"), code: nil, detail: "On holiday")),
                WebhookCase(refusing: "nothing", post("", query: "?recipient=\(address)")),
                WebhookCase(
                    "nobody's answer", post("From: ada@example.com\nTo: \(somewhere)\nMessage-ID: <m@x>\n\nHi"),
                    says: WebhookContents(inbound: [
                        InboundMessage(
                            providerMessageID: "m@x", sender: "ada@example.com", recipient: somewhere, body: "Hi")
                    ])),
                WebhookCase(refusing: "JSON", post("{}", type: "application/json")),
            ])
        #expect(throws: WebhookRefusal.self) { try kit.channel.webhooks.parse(post(bounce(to: somewhere))) }
    }

    @Test func everyWayToNameTheDelivery() throws {
        let returned = "<\(kit.delivery)@acme.example>"
        let requests = [
            post(bounce(to: somewhere, messageID: returned)),
            post(bounce(to: somewhere), query: "?recipient=\(address)"),
            post(bounce(to: somewhere), query: "?x=1&recipient=\(FormEncoding.percentEncode(address))"),
            post(bounce(to: somewhere), query: "?delivery=\(kit.delivery)"),
            post(bounce(to: "Bounces <\(address)>"), type: "application/octet-stream"),
            post(bounce(to: address), type: type),
            post(parts(action: "failed", messageID: returned), type: type),
        ]
        for request in requests {
            #expect(try kit.channel.webhooks.parse(request) == says(.status("bounced")))
        }
    }

    @Test(arguments: [
        ("failed", StatusReport.Kind.status("bounced")), ("delayed", .status("deferred")),
        ("delivered", .status("delivered")), ("relayed", .status("sent")), ("expanded", .status("sent")),
        ("brand-new", .unknown("brand-new")),
    ])
    func actions(word: String, kind: StatusReport.Kind) throws {
        #expect(try kit.channel.webhooks.parse(post(bounce(to: address, action: word))) == says(kind))
    }

    @Test func aBounceWinsInAnyOrder() {
        let reports = ["delayed", "delivered", "failed", "relayed"].map { post(bounce(to: address, action: $0)) }
        kit.check(anyOrderOf: reports, endsIn: "bounced")
    }

    @Test func onlyWhoKnowsTheTokenIsBelieved() async throws {
        await kit.check(verificationOf: [post(bounce(to: address))], coversBody: false) { _ in
            post(bounce(to: address), authorization: "Bearer token-0123456789abcdef")
        }
        let wrong = [
            "Bearer token-0123456789abcdeg", "Bearer token-0123456789abcde", "Bearer ", "Bearer",
            "token-0123456789abcdef", "Basic token-0123456789abcdef", "Bearer token-0123456789abcdef ",
        ]
        guard case .scheme(let verifier) = kit.channel.webhooks.verification else {
            Issue.record("nothing is verified")
            return
        }
        for authorization in wrong {
            let verdict = await verifier.verify(post("x", authorization: authorization), now: kit.host.clock.now())
            #expect(verdict != .genuine)
        }
        let twice = WebhookRequest(
            method: "POST", url: "https://notify.example.com/webhooks/smtp",
            headers: HTTPHeaders(
                Array(repeating: .init(name: "Authorization", value: "Bearer token-0123456789abcdef"), count: 2)),
            body: [], receivedAt: kit.host.clock.now())
        #expect(await verifier.verify(twice, now: kit.host.clock.now()) != .genuine)
    }

    @Test func onlyWhoKnowsThePasswordIsBelieved() async throws {
        let kit = try Accounts.kit(
            "smtp",
            [
                "webhook_token": nil, "webhook_username": .string("postfix"),
                "webhook_password": .secret(Secret("pass-7f3a1c")),
            ])
        kit.checkDescriptor()
        await kit.check(verificationOf: [post(bounce(to: address))], coversBody: false) { _ in
            post(bounce(to: address), authorization: "Basic cG9zdGZpeDpwYXNzLTdmM2ExYw==")
        }
    }

    @Test func withoutASettingNobodyIsBelieved() async throws {
        let kit = try Accounts.kit("smtp", ["webhook_token": nil])
        guard case .scheme(let verifier) = kit.channel.webhooks.verification else {
            Issue.record("nothing is verified")
            return
        }
        for authorization in [nil, "Bearer ", "Bearer x", "Basic Og=="] {
            let verdict = await verifier.verify(post("x", authorization: authorization), now: kit.host.clock.now())
            #expect(verdict != .genuine)
        }
    }
}
