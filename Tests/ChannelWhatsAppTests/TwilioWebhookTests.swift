import ChannelSDK
import ChannelTesting
import ChannelWhatsApp
import Testing

@Suite struct TwilioWebhookTests {
    private let kit: ChannelTestKit<WhatsAppChannel>
    private let sid = TwilioAccount.messageSID

    init() throws { kit = try TwilioAccount.kit() }

    private func callback(_ word: String, query: String = "") -> WebhookRequest {
        TwilioAccount.webhook(
            [
                "SmsSid": sid, "SmsStatus": word, "MessageStatus": word, "To": "whatsapp:+15551230001",
                "MessageSid": sid, "AccountSid": TwilioAccount.sid, "From": "whatsapp:+14155238886",
                "ApiVersion": "2010-04-01", "ChannelPrefix": "whatsapp",
                "ChannelInstallSid": "XE00000000000000000000000000000000",
            ], query: query)
    }

    @Test func everyWordOfTwilios() {
        let words: [(String, StatusReport.Kind)] = [
            ("accepted", .status("queued")), ("scheduled", .status("queued")), ("queued", .status("queued")),
            ("sending", .status("queued")), ("sent", .status("sent")), ("partially_delivered", .status("sent")),
            ("failed", .status("failed")), ("canceled", .status("failed")), ("undelivered", .status("failed")),
            ("delivered", .status("delivered")), ("read", .status("read")), ("brand_new", .unknown("brand_new")),
            ("Delivered", .unknown("Delivered")),
        ]
        kit.check(
            webhooks: words.map { word, kind in
                let report = StatusReport(delivery: kit.delivery, providerMessageID: sid, kind: kind)
                return WebhookCase(
                    word, callback(word, query: "?delivery=\(kit.delivery)"), says: WebhookContents(reports: [report]))
            })
    }

    @Test func whatAReportCarries() throws {
        func report(_ fields: KeyValuePairs<String, String>, query: String = "", says report: StatusReport)
            -> WebhookCase
        {
            WebhookCase(
                "\(fields)", TwilioAccount.webhook(fields, query: query), says: WebhookContents(reports: [report]))
        }
        kit.check(webhooks: [
            report(
                ["MessageSid": sid, "MessageStatus": "undelivered", "ErrorCode": "63003"],
                says: StatusReport(
                    providerMessageID: sid, kind: .status("failed"), code: "63003",
                    detail: "the number is not on WhatsApp")),
            report(
                [
                    "MessageSid": sid, "MessageStatus": "failed", "ErrorCode": "99999",
                    "ChannelStatusMessage": "WhatsApp's words",
                ],
                says: StatusReport(
                    providerMessageID: sid, kind: .status("failed"), code: "99999", detail: "WhatsApp's words")),
            report(
                ["MessageSid": sid, "MessageStatus": "read", "EventType": "READ", "ErrorCode": ""],
                says: StatusReport(providerMessageID: sid, kind: .status("read"))),
            report(
                ["MessageStatus": "sent", "MessageSid": ""], query: "?delivery=\(kit.delivery)",
                says: StatusReport(delivery: kit.delivery, kind: .status("sent"))),
            report(
                ["MessageSid": sid, "MessageStatus": "sent"], query: "?delivery=forged",
                says: StatusReport(providerMessageID: sid, kind: .status("sent"))),
        ])
        let closed = TwilioAccount.webhook(["MessageSid": sid, "MessageStatus": "undelivered", "ErrorCode": "63016"])
        let detail = try #require(try kit.channel.webhooks.parse(closed).reports.first?.detail)
        #expect(detail.hasPrefix("the recipient has not written for 24 hours. "))
        #expect(detail.contains("content_sid") && detail.contains("template_only"))
    }

    @Test func messagesToUs() {
        func request(_ more: KeyValuePairs<String, String>) -> WebhookRequest {
            let common: KeyValuePairs = [
                "MessageSid": sid, "SmsStatus": "received", "From": "whatsapp:+15551230001",
                "To": "whatsapp:+14155238886", "ProfileName": "Ada", "WaId": "15551230001",
            ]
            let fields = (Array(common) + Array(more)).map { FormEncoding.Pair($0.key, $0.value) }
            let empty = TwilioAccount.webhook([:])
            return WebhookRequest(
                method: empty.method, url: empty.url, headers: empty.headers, body: FormEncoding.encode(fields),
                receivedAt: empty.receivedAt)
        }
        func inbound(
            _ body: String, media: [String] = [], intent: InboundMessage.Intent? = nil
        ) -> WebhookContents {
            WebhookContents(inbound: [
                InboundMessage(
                    providerMessageID: sid, sender: "+15551230001", recipient: "+14155238886", body: body, media: media,
                    intent: intent)
            ])
        }
        kit.check(webhooks: [
            WebhookCase("text", request(["Body": "STOP & go é🎉", "NumMedia": "0"]), says: inbound("STOP & go é🎉")),
            WebhookCase("keyword", request(["Body": "STOP", "NumMedia": "0"]), says: inbound("STOP", intent: .optOut)),
            WebhookCase(
                "Twilio's word for it", request(["Body": "laissez-moi", "OptOutType": "STOP"]),
                says: inbound("laissez-moi", intent: .optOut)),
            WebhookCase(
                "a button that Twilio takes for a keyword",
                request(["Body": "Stop", "ButtonText": "Stop", "OptOutType": "STOP"]),
                says: inbound("Stop", intent: .optOut)),
            WebhookCase(
                "back again", request(["Body": "ok", "OptOutType": "START"]), says: inbound("ok", intent: .optIn)),
            WebhookCase("help", request(["Body": "?", "OptOutType": "HELP"]), says: inbound("?", intent: .help)),
            WebhookCase(
                "another word", request(["Body": "STOP", "OptOutType": "NEW"]), says: inbound("STOP", intent: .optOut)),
            WebhookCase(
                "button", request(["Body": "", "ButtonText": "Yes", "ButtonPayload": "y"]), says: inbound("Yes")),
            WebhookCase("place", request(["Latitude": "52.25", "Longitude": "21"]), says: inbound("52.25,21")),
            WebhookCase(
                "media, in any order",
                request(["MediaUrl1": "https://m/1", "MediaUrl0": "https://m/0", "MediaUrl2": "", "MediaUrlX": "x"]),
                says: inbound("", media: ["https://m/0", "https://m/1"])),
            WebhookCase(
                "addresses without a prefix",
                TwilioAccount.webhook([
                    "MessageSid": sid, "SmsStatus": "received", "From": "+15551230001", "To": "+14155238886",
                ]),
                says: inbound("")),
        ])
    }

    @Test func whatMakesNoSenseIsRefused() {
        kit.check(webhooks: [
            WebhookCase(refusing: "nothing", TwilioAccount.webhook([:])),
            WebhookCase(refusing: "no status", TwilioAccount.webhook(["MessageSid": sid])),
            WebhookCase(refusing: "nobody's status", TwilioAccount.webhook(["MessageStatus": "sent"])),
            WebhookCase(
                refusing: "inbound without an id",
                TwilioAccount.webhook(["SmsStatus": "received", "From": "a", "To": "b"])),
            WebhookCase(
                refusing: "inbound from nobody",
                TwilioAccount.webhook(["SmsStatus": "received", "SmsSid": sid, "To": "b"])),
        ])
    }

    @Test func aCallbackMayComeWithGET() throws {
        let request = TwilioAccount.webhook(
            [:], query: "?delivery=\(kit.delivery)&MessageSid=\(sid)&MessageStatus=delivered", method: "GET")
        let report = StatusReport(delivery: kit.delivery, providerMessageID: sid, kind: .status("delivered"))
        #expect(try kit.channel.webhooks.parse(request) == WebhookContents(reports: [report]))
    }

    @Test func anInboundMessageIsAnsweredInTwiML() {
        let inbound = TwilioAccount.webhook(["MessageSid": sid, "SmsStatus": "received", "From": "a", "To": "b"])
        let reply = WebhookReply(status: 200, contentType: "text/xml", body: Array("<Response/>".utf8))
        #expect(kit.channel.webhooks.acknowledgement(of: inbound) == reply)
        #expect(kit.channel.webhooks.acknowledgement(of: callback("sent")) == WebhookReply())
        #expect(kit.channel.webhooks.handshake(callback("sent")) == nil)
    }

    @Test(arguments: [
        (["queued", "sending", "sent", "delivered", "read"], "read"),
        (["queued", "sent", "failed", "undelivered", "delivered"], "delivered"),
        (["accepted", "queued", "sending", "sent", "undelivered"], "failed"), (["failed", "read"], "read"),
        (["scheduled", "canceled"], "failed"), (["sent", "partially_delivered", "brand_new"], "sent"),
        (["brand_new"], "accepted"),
    ])
    func anyOrderEndsInTheSameStatus(words: [String], status: String) {
        kit.check(anyOrderOf: words.map { callback($0) }, endsIn: StatusName(status))
    }

    @Test func onlyTwilioIsBelieved() async {
        let scheme = URLFormSignature(header: "X-Twilio-Signature", key: Secret(TwilioAccount.token))
        await kit.check(verificationOf: [
            callback("read"), callback("sent", query: "?delivery=\(kit.delivery)"), TwilioAccount.webhook(["Body": ""]),
        ]) { request in
            var headers = request.headers
            headers["X-Twilio-Signature"] = scheme.signature(of: request)
            return WebhookRequest(
                method: request.method, url: request.url, headers: headers, body: request.body,
                receivedAt: request.receivedAt)
        }
    }
}
