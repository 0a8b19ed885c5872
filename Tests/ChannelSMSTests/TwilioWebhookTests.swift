import ChannelSDK
import ChannelSMS
import ChannelTesting
import Testing

@Suite struct TwilioWebhookTests {
    private let kit: ChannelTestKit<SMSChannel>
    private let sid = TwilioAccount.messageSID

    init() throws { kit = try TwilioAccount.kit() }

    private func callback(_ word: String, query: String = "") -> WebhookRequest {
        TwilioAccount.webhook(
            [
                "SmsSid": sid, "SmsStatus": word, "MessageStatus": word, "To": "+15551230001", "MessageSid": sid,
                "AccountSid": TwilioAccount.sid, "From": "+15551230000", "ApiVersion": "2010-04-01",
            ], query: query)
    }

    @Test func everyWordOfTwilios() {
        let words: [(String, [StatusReport.Kind])] = [
            ("accepted", [.status("queued")]), ("scheduled", [.status("queued")]), ("queued", [.status("queued")]),
            ("sending", [.status("queued")]), ("sent", [.status("sent")]), ("partially_delivered", [.status("sent")]),
            ("failed", [.status("failed")]), ("canceled", [.status("failed")]),
            ("undelivered", [.status("undelivered")]),
            ("delivered", [.status("delivered")]), ("read", [.status("delivered"), .engagement("read")]),
            ("brand_new", [.unknown("brand_new")]), ("Delivered", [.unknown("Delivered")]),
        ]
        kit.check(
            webhooks: words.map { word, kinds in
                let reports = kinds.map { StatusReport(delivery: kit.delivery, providerMessageID: sid, kind: $0) }
                return WebhookCase(
                    word, callback(word, query: "?delivery=\(kit.delivery)"), says: WebhookContents(reports: reports))
            })
    }

    @Test func whatAReportCarries() {
        func report(_ fields: KeyValuePairs<String, String>, query: String = "", says report: StatusReport)
            -> WebhookCase
        {
            WebhookCase(
                "\(fields)", TwilioAccount.webhook(fields, query: query), says: WebhookContents(reports: [report]))
        }
        kit.check(webhooks: [
            report(
                [
                    "MessageSid": sid, "MessageStatus": "undelivered", "ErrorCode": "30005",
                    "RawDlrDoneDate": "2603010930",
                ],
                says: StatusReport(
                    providerMessageID: sid, kind: .status("undelivered"),
                    occurredAt: Timestamp(year: 2026, month: 3, day: 1, hour: 9, minute: 30), code: "30005",
                    detail: "the handset is unknown or gone")),
            report(
                ["MessageSid": sid, "MessageStatus": "failed", "ErrorCode": "99999", "ErrorMessage": "Twilio's words"],
                says: StatusReport(
                    providerMessageID: sid, kind: .status("failed"), code: "99999", detail: "Twilio's words")),
            report(
                ["SmsSid": sid, "SmsStatus": "sent", "ErrorCode": ""],
                says: StatusReport(providerMessageID: sid, kind: .status("sent"))),
            report(
                ["MessageStatus": "sent", "MessageSid": ""], query: "?delivery=\(kit.delivery)",
                says: StatusReport(delivery: kit.delivery, kind: .status("sent"))),
            report(
                ["MessageSid": sid, "MessageStatus": "sent"], query: "?delivery=forged",
                says: StatusReport(providerMessageID: sid, kind: .status("sent"))),
        ])
    }

    @Test(arguments: [
        "2613010930", "2602300930", "2603012460", "260301093", "26030109300", "26-3010930", "", "٢٦٠٣٠١٠٩٣٠",
    ])
    func anImpossibleTimeIsNone(time: String) throws {
        let request = TwilioAccount.webhook(["MessageSid": sid, "MessageStatus": "sent", "RawDlrDoneDate": time])
        let reports = try kit.channel.webhooks.parse(request).reports
        #expect(reports == [StatusReport(providerMessageID: sid, kind: .status("sent"))])
    }

    @Test func messagesToUs() {
        func inbound(_ body: String, media: [String] = [], _ intent: InboundMessage.Intent? = nil) -> WebhookContents {
            WebhookContents(inbound: [
                InboundMessage(
                    providerMessageID: sid, sender: "+15551230001", recipient: "+15551230000", body: body, media: media,
                    intent: intent)
            ])
        }
        func text(_ body: String, _ optOutType: String = "") -> WebhookRequest {
            TwilioAccount.webhook([
                "MessageSid": sid, "SmsStatus": "received", "From": "+15551230001", "To": "+15551230000", "Body": body,
                "OptOutType": optOutType,
            ])
        }
        kit.check(webhooks: [
            WebhookCase("a keyword", text("STOP"), says: inbound("STOP", .optOut)),
            WebhookCase("Twilio's word for it", text("Basta", "STOP"), says: inbound("Basta", .optOut)),
            WebhookCase("which outranks ours", text("Stop", "START"), says: inbound("Stop", .optIn)),
            WebhookCase("help", text("?", "HELP"), says: inbound("?", .help)),
            WebhookCase(
                "text",
                TwilioAccount.webhook([
                    "MessageSid": sid, "SmsStatus": "received", "From": "+15551230001", "To": "+15551230000",
                    "Body": "STOP & go é🎉", "NumMedia": "0", "NumSegments": "1", "FromCountry": "US",
                ]), says: inbound("STOP & go é🎉")),
            WebhookCase(
                "media, in any order and without a text",
                TwilioAccount.webhook([
                    "MessageSid": sid, "SmsStatus": "received", "From": "+15551230001", "To": "+15551230000",
                    "MediaUrl10": "https://m/10", "MediaUrl1": "https://m/1", "MediaUrl0": "https://m/0",
                    "MediaUrlX": "x",
                    "MediaUrl-1": "x", "MediaUrl": "x", "MediaUrl2": "", "MediaContentType0": "image/png",
                    "NumMedia": "99",
                ]), says: inbound("", media: ["https://m/0", "https://m/1", "https://m/10"])),
        ])
    }

    @Test func whatMakesNoSenseIsRefused() {
        kit.check(webhooks: [
            WebhookCase(refusing: "nothing", TwilioAccount.webhook([:])),
            WebhookCase(refusing: "no status", TwilioAccount.webhook(["MessageSid": sid])),
            WebhookCase(refusing: "an empty status", TwilioAccount.webhook(["MessageSid": sid, "MessageStatus": ""])),
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
        (["queued", "sending", "sent", "delivered"], "delivered"),
        (["queued", "sent", "failed", "undelivered", "delivered", "read"], "delivered"),
        (["accepted", "queued", "sending", "sent", "undelivered"], "undelivered"),
        (["sent", "failed"], "failed"), (["sent", "undelivered", "failed"], "undelivered"),
        (["scheduled", "canceled"], "failed"), (["sent", "partially_delivered", "brand_new"], "sent"),
        (["queued", "brand_new"], "queued"), (["brand_new"], "accepted"),
    ])
    func anyOrderEndsInTheSameStatus(words: [String], status: String) {
        kit.check(anyOrderOf: words.map { callback($0) }, endsIn: StatusName(status))
    }

    @Test func onlyTwilioIsBelieved() async {
        let scheme = URLFormSignature(header: "X-Twilio-Signature", key: Secret(TwilioAccount.token))
        await kit.check(verificationOf: [
            callback("delivered"), callback("sent", query: "?delivery=\(kit.delivery)"),
            TwilioAccount.webhook(["Body": ""]),
        ]) { request in
            var headers = request.headers
            headers["X-Twilio-Signature"] = scheme.signature(of: request)
            return WebhookRequest(
                method: request.method, url: request.url, headers: headers, body: request.body,
                receivedAt: request.receivedAt)
        }
    }
}
