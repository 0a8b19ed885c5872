import ChannelSDK
import ChannelSMS
import ChannelTesting
import Testing

@Suite struct VonageSMSWebhookTests {
    private let kit: ChannelTestKit<SMSChannel>
    private let id = VonageSMSAccount.message
    private let time = Timestamp(year: 2026, month: 3, day: 1, hour: 9, minute: 30, second: 7)

    init() throws { kit = try VonageSMSAccount.kit() }

    private func receipt(
        _ word: String, code: String = "0", id: String = VonageSMSAccount.message, reference: String = "",
        as form: VonageSMSAccount.Form = .form
    ) -> WebhookRequest {
        VonageSMSAccount.webhook(
            [
                "msisdn": "15551230001", "to": "ACME", "network-code": "310090", "messageId": id,
                "price": "0.03330000", "status": word, "scts": "2603010930", "err-code": code, "api-key": "abcd1234",
                "client-ref": reference, "message-timestamp": "2026-03-01 09:30:07", "timestamp": "1772357407",
                "nonce": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
            ], as: form)
    }

    @Test(arguments: VonageSMSAccount.Form.allCases)
    func everyWordOfVonages(form: VonageSMSAccount.Form) {
        let words: [(String, StatusReport.Kind)] = [
            ("accepted", .status("sent")), ("buffered", .status("sent")), ("delivered", .status("delivered")),
            ("expired", .status("undelivered")), ("failed", .status("undelivered")), ("rejected", .status("failed")),
            ("unknown", .unknown("unknown")), ("brand_new", .unknown("brand_new")),
            ("Delivered", .unknown("Delivered")),
        ]
        kit.check(
            webhooks: words.map { word, kind in
                WebhookCase(
                    word, receipt(word, reference: "\(kit.delivery)", as: form),
                    says: WebhookContents(reports: [
                        StatusReport(
                            delivery: kit.delivery, providerMessageID: id, kind: kind, occurredAt: time,
                            detail: word == "expired" ? "the validity period ran out at the carrier" : nil)
                    ]))
            })
    }

    /// The reference says in how many segments the message went, the receipt which one it is about.
    @Test(
        arguments: [
            ("", true, nil), ("_2", true, 2), ("_3", true, 3), ("_1", false, nil), ("_0", false, nil),
            ("_-2", false, nil), ("_+2", false, nil), ("_02", false, nil), ("_2_2", false, nil),
            ("_99999999999999999999", false, nil), ("x", false, nil),
        ] as [(String, Bool, Int?)])
    func segments(suffix: String, isReference: Bool, count: Int?) {
        let report = StatusReport(
            delivery: isReference ? kit.delivery : nil, providerMessageID: id, kind: .status("delivered"),
            occurredAt: time, part: count == nil ? nil : id, partCount: count)
        kit.check(webhooks: [
            WebhookCase(
                suffix, receipt("delivered", reference: "\(kit.delivery)\(suffix)"),
                says: WebhookContents(reports: [report]))
        ])
    }

    @Test func whatAReportCarries() {
        func says(_ report: StatusReport) -> WebhookContents { WebhookContents(reports: [report]) }
        kit.check(webhooks: [
            WebhookCase(
                "a known code", receipt("failed", code: "3"),
                says: says(
                    StatusReport(
                        providerMessageID: id, kind: .status("undelivered"), occurredAt: time, code: "3",
                        detail: "the number is not active any more"))),
            WebhookCase(
                "expired, with a code", receipt("expired", code: "2"),
                says: says(
                    StatusReport(
                        providerMessageID: id, kind: .status("undelivered"), occurredAt: time, code: "2",
                        detail: "the validity period ran out at the carrier: the handset is unreachable for now"))),
            WebhookCase(
                "an unknown code", receipt("rejected", code: "777"),
                says: says(
                    StatusReport(providerMessageID: id, kind: .status("failed"), occurredAt: time, code: "777"))),
            WebhookCase(
                "by the reference only", receipt("accepted", id: "", reference: "\(kit.delivery)"),
                says: says(StatusReport(delivery: kit.delivery, kind: .status("sent"), occurredAt: time))),
            // The address is not signed: what it says does not count.
            WebhookCase(
                "an address with a delivery",
                WebhookRequest(
                    method: "POST", url: "https://notify.example.com/webhooks/sms?delivery=\(kit.delivery)",
                    headers: [:], body: Array("messageId=\(id)&status=accepted".utf8), receivedAt: .distantPast),
                says: says(StatusReport(providerMessageID: id, kind: .status("sent")))),
            WebhookCase(
                "JSON of other types",
                WebhookRequest(
                    method: "POST", url: "https://notify.example.com/webhooks/sms", headers: [:],
                    body: Array(#"{"messageId":"\#(id)","status":"failed","err-code":9,"a":null,"b":{},"c":1.5}"#.utf8),
                    receivedAt: .distantPast),
                says: says(
                    StatusReport(
                        providerMessageID: id, kind: .status("undelivered"), code: "9",
                        detail: "the recipient does not want messages of this service"))),
        ])
    }

    @Test func messagesToUs() {
        func message(
            _ text: String, _ more: KeyValuePairs<String, String> = [:], as form: VonageSMSAccount.Form = .form
        )
            -> WebhookRequest
        {
            let fields: KeyValuePairs = [
                "msisdn": "15551230001", "to": "15551230000", "messageId": id, "text": text, "type": "text",
                "keyword": "HELLO", "api-key": "abcd1234", "message-timestamp": "2026-03-01 09:30:07",
            ]
            let pairs = (Array(fields) + Array(more)).map { FormEncoding.Pair($0.key, $0.value) }
            return VonageSMSAccount.webhook(pairs, as: form)
        }
        func inbound(_ body: String, _ intent: InboundMessage.Intent? = nil) -> WebhookContents {
            WebhookContents(inbound: [
                InboundMessage(
                    providerMessageID: id, sender: "15551230001", recipient: "15551230000", body: body,
                    occurredAt: time, intent: intent)
            ])
        }
        kit.check(
            webhooks: VonageSMSAccount.Form.allCases.flatMap { form in
                [
                    WebhookCase(
                        "text", message("Stop & \"go\"\n é🎉", as: form), says: inbound("Stop & \"go\"\n é🎉")),
                    WebhookCase("a keyword", message("Stop", as: form), says: inbound("Stop", .optOut)),
                    WebhookCase("an empty text", message("", as: form), says: inbound("")),
                    WebhookCase(
                        "a part is no keyword",
                        message("STOP", ["concat": "true", "concat-total": "2", "concat-part": "2"], as: form),
                        says: inbound("STOP")),
                ]
            })
    }

    @Test func whatMakesNoSenseIsRefused() {
        kit.check(webhooks: [
            WebhookCase(refusing: "nothing", VonageSMSAccount.webhook([:])),
            WebhookCase(refusing: "no object", VonageSMSAccount.webhook([:], as: .json)),
            WebhookCase(refusing: "no status", VonageSMSAccount.webhook(["messageId": id])),
            WebhookCase(refusing: "nobody's status", VonageSMSAccount.webhook(["status": "delivered"])),
            WebhookCase(
                refusing: "inbound without an id",
                VonageSMSAccount.webhook(["msisdn": "a", "to": "b", "text": "c", "type": "text"])),
            WebhookCase(
                refusing: "inbound from nobody",
                VonageSMSAccount.webhook(["messageId": id, "to": "b", "text": "c", "type": "text"])),
        ])
    }

    @Test(arguments: [
        (["accepted", "buffered", "delivered"], "delivered"), (["accepted", "failed", "rejected"], "undelivered"),
        (["buffered", "expired"], "undelivered"), (["rejected"], "failed"), (["failed", "delivered"], "delivered"),
        (["unknown"], "accepted"),
    ])
    func anyOrderEndsInTheSameStatus(words: [String], status: String) {
        kit.check(anyOrderOf: words.map { receipt($0) }, endsIn: StatusName(status))
    }

    @Test(arguments: [
        ("2026-03-01 09:30:07", 0), ("2026-03-01T09:30:07.125Z", 125), ("2026-03-01T09:30:07Z", 0),
        ("2026-03-01 09:30:07.5", 500), ("2026-03-01 09:30:07.123456789z", 123), ("2026-03-01t09:30:07.05", 50),
    ])
    func times(text: String, millisecond: Int64) throws {
        let request = VonageSMSAccount.webhook(["messageId": id, "status": "accepted", "message-timestamp": text])
        let whole = try #require(time)
        #expect(
            try kit.channel.webhooks.parse(request).reports.map(\.occurredAt)
                == [Timestamp(milliseconds: whole.milliseconds + millisecond)])
    }

    @Test(arguments: [
        "", "2026-03-01", "2026-02-30 09:30:07", "2026-03-01 24:30:07", "2026-03-01 09:30:07+01:00",
        "2026-03-01 09:30:07.", "2026-03-01 09:30:07.x", "2026/03/01 09:30:07", "2026-03-0١ 09:30:07", "99999",
        "2026-03-01 09:30:07ZZ",
    ])
    func anImpossibleTimeIsNone(text: String) throws {
        let request = VonageSMSAccount.webhook(["messageId": id, "status": "accepted", "message-timestamp": text])
        #expect(
            try kit.channel.webhooks.parse(request).reports
                == [StatusReport(providerMessageID: id, kind: .status("sent"))])
    }
}
