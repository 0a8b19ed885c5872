import ChannelSDK
import ChannelSMS
import ChannelTesting
import Testing

@Suite struct PlivoWebhookTests {
    private let kit: ChannelTestKit<SMSChannel>
    private let id = PlivoAccount.message

    init() throws { kit = try PlivoAccount.kit() }

    private func callback(_ word: String, query: String = "") -> WebhookRequest {
        PlivoAccount.webhook(
            [
                "From": "15551230000", "To": "15551230001", "Status": word, "MessageUUID": id, "ParentMessageUUID": id,
                "PartInfo": "1 of 1", "Units": "1", "TotalRate": "0.00350", "TotalAmount": "0.00350", "MCC": "310",
                "MNC": "004", "ErrorCode": "000",
            ], query: query)
    }

    @Test func everyWordOfPlivos() {
        let words: [(String, StatusReport.Kind)] = [
            ("queued", .status("queued")), ("sent", .status("sent")), ("failed", .status("failed")),
            ("rejected", .status("failed")), ("undelivered", .status("undelivered")),
            ("delivered", .status("delivered")), ("read", .status("delivered")),
            ("brand_new", .unknown("brand_new")), ("Sent", .unknown("Sent")),
        ]
        kit.check(
            webhooks: words.map { word, kind in
                WebhookCase(
                    word, callback(word, query: "?delivery=\(kit.delivery)"),
                    says: WebhookContents(reports: [
                        StatusReport(delivery: kit.delivery, providerMessageID: id, kind: kind)
                    ]))
            })
    }

    @Test func whatAReportCarries() {
        func says(_ report: StatusReport) -> WebhookContents { WebhookContents(reports: [report]) }
        kit.check(webhooks: [
            WebhookCase(
                "a known code",
                PlivoAccount.webhook(["MessageUUID": id, "Status": "undelivered", "ErrorCode": "200"]),
                says: says(
                    StatusReport(
                        providerMessageID: id, kind: .status("undelivered"), code: "200",
                        detail: "the recipient has unsubscribed from this sender"))),
            WebhookCase(
                "an unknown code", PlivoAccount.webhook(["MessageUUID": id, "Status": "failed", "ErrorCode": "77"]),
                says: says(StatusReport(providerMessageID: id, kind: .status("failed"), code: "77"))),
            WebhookCase(
                "the parent is what the send named",
                PlivoAccount.webhook(["MessageUUID": "other", "ParentMessageUUID": id, "Status": "sent"]),
                says: says(StatusReport(providerMessageID: id, kind: .status("sent")))),
            WebhookCase(
                "by the address only", PlivoAccount.webhook(["Status": "sent"], query: "?delivery=\(kit.delivery)"),
                says: says(StatusReport(delivery: kit.delivery, kind: .status("sent")))),
            WebhookCase(
                "with GET",
                PlivoAccount.webhook(
                    [:], query: "?delivery=\(kit.delivery)&MessageUUID=\(id)&Status=delivered", method: "GET"),
                says: says(
                    StatusReport(delivery: kit.delivery, providerMessageID: id, kind: .status("delivered")))),
        ])
    }

    /// `PartInfo` counts unless the account's callbacks speak for the whole.
    @Test(
        arguments: [
            ("1 of 2", "/1"), ("2 of 2", "/2"), ("1 of 1", nil), ("3 of 2", nil), ("0 of 2", nil), ("2", nil),
            ("1 in 2", nil), ("", nil), ("99999999999999999999 of 2", nil),
        ] as [(String, String?)])
    func segments(info: String, part: String?) throws {
        let whole = try PlivoAccount.kit(["segment_reports": .boolean(false)])
        let request = PlivoAccount.webhook([
            "MessageUUID": "other", "ParentMessageUUID": id, "Status": "delivered", "PartInfo": info,
        ])
        var report = StatusReport(providerMessageID: id, kind: .status("delivered"))
        whole.check(webhooks: [WebhookCase("whole", request, says: WebhookContents(reports: [report]))])
        report.part = part.map { id + $0 }
        report.partCount = part == nil ? nil : 2
        kit.check(webhooks: [WebhookCase("part", request, says: WebhookContents(reports: [report]))])
    }

    /// By the settings' default: the first segment that is delivered is not the message.
    @Test(arguments: [
        (["delivered", "sent"], "sent"), (["delivered", "undelivered"], "undelivered"),
        (["delivered", "delivered"], "delivered"), (["delivered"], "queued"),
    ])
    func aMessageIsAsFarAsItsLastSegment(words: [String], status: String) throws {
        let kit = try PlivoAccount.kit(["segment_reports": nil])
        let requests = words.enumerated().map { index, word in
            PlivoAccount.webhook([
                "MessageUUID": index == 0 ? id : "segment-\(index)", "ParentMessageUUID": id, "Status": word,
                "PartInfo": "\(index + 1) of 2",
            ])
        }
        kit.check(
            anyOrderOf: requests, with: Acceptance(providerMessageID: id, status: "queued"),
            endsIn: StatusName(status))
    }

    @Test func messagesToUs() {
        func inbound(_ body: String, media: [String] = [], _ intent: InboundMessage.Intent? = nil) -> WebhookContents {
            WebhookContents(inbound: [
                InboundMessage(
                    providerMessageID: id, sender: "15551230001", recipient: "15551230000", body: body, media: media,
                    intent: intent)
            ])
        }
        let text = PlivoAccount.webhook([
            "From": "15551230001", "To": "15551230000", "Type": "sms", "Text": "STOP & go é🎉", "MessageUUID": id,
            "MessageIntent": "optout",
        ])
        kit.check(webhooks: [
            WebhookCase("Plivo's word for it", text, says: inbound("STOP & go é🎉", .optOut)),
            WebhookCase(
                "a keyword",
                PlivoAccount.webhook([
                    "From": "15551230001", "To": "15551230000", "Text": " Stop\n", "MessageUUID": id,
                    "MessageIntent": "new",
                ]), says: inbound(" Stop\n", .optOut)),
            WebhookCase(
                "media",
                PlivoAccount.webhook([
                    "From": "15551230001", "To": "15551230000", "Type": "mms", "Body": "Look", "MessageUUID": id,
                    "Media10": "https://m/10", "Media1": "https://m/1", "MediaCount": "2",
                ]), says: inbound("Look", media: ["https://m/1", "https://m/10"])),
            WebhookCase(
                "an empty text",
                PlivoAccount.webhook([
                    "From": "15551230001", "To": "15551230000", "Type": "sms", "Text": "", "MessageUUID": id,
                ]), says: inbound("")),
        ])
        let reply = WebhookReply(contentType: "application/xml", body: Array("<Response></Response>".utf8))
        #expect(kit.channel.webhooks.acknowledgement(of: text) == reply)
        #expect(kit.channel.webhooks.acknowledgement(of: callback("sent")) == WebhookReply())
    }

    @Test func whatMakesNoSenseIsRefused() {
        kit.check(webhooks: [
            WebhookCase(refusing: "nothing", PlivoAccount.webhook([:])),
            WebhookCase(refusing: "no status", PlivoAccount.webhook(["MessageUUID": id])),
            WebhookCase(refusing: "nobody's status", PlivoAccount.webhook(["Status": "sent"])),
            WebhookCase(
                refusing: "inbound without an id", PlivoAccount.webhook(["From": "a", "To": "b", "Text": "c"])),
            WebhookCase(
                refusing: "inbound from nobody", PlivoAccount.webhook(["MessageUUID": id, "To": "b", "Text": "c"])),
        ])
    }

    @Test(arguments: [
        (["queued", "sent", "delivered"], "delivered"), (["queued", "sent", "undelivered", "failed"], "undelivered"),
        (["queued", "rejected"], "failed"), (["sent", "undelivered", "delivered", "read"], "delivered"),
        (["brand_new"], "accepted"),
    ])
    func anyOrderEndsInTheSameStatus(words: [String], status: String) {
        kit.check(anyOrderOf: words.map { callback($0) }, endsIn: StatusName(status))
    }
}
