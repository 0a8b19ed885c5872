import ChannelSDK
import ChannelTesting
import ChannelWhatsApp
import Testing

/// What Meta reports on messages of ours.
@Suite struct MetaStatusTests {
    private let kit: ChannelTestKit<WhatsAppChannel>
    private let id = MetaAccount.messageID
    private let time = Timestamp(seconds: 1_767_323_000)

    init() throws { kit = try MetaAccount.kit() }

    private var ours: String { #", "biz_opaque_callback_data": "\#(kit.delivery)""# }

    @Test func everyWordOfMetas() {
        let words: [(String, StatusReport.Kind)] = [
            ("sent", .status("sent")), ("delivered", .status("delivered")), ("read", .status("read")),
            ("played", .status("read")), ("failed", .status("failed")), ("deleted", .engagement("deleted")),
            ("brand_new", .unknown("brand_new")), ("Sent", .unknown("Sent")),
        ]
        kit.check(
            webhooks: words.map { word, kind in
                let report = StatusReport(
                    delivery: kit.delivery, providerMessageID: id, kind: kind, occurredAt: time)
                return WebhookCase(
                    word, MetaAccount.webhook(statuses: MetaAccount.status(word, more: ours)),
                    says: WebhookContents(reports: [report]))
            })
    }

    @Test func whatAReportCarries() {
        func one(_ name: String, _ status: String, says report: StatusReport) -> WebhookCase {
            WebhookCase(name, MetaAccount.webhook(statuses: status), says: WebhookContents(reports: [report]))
        }
        func failed(_ errors: String) -> String { MetaAccount.status("failed", more: #", "errors": \#(errors)"#) }
        func failure(_ code: String?, _ detail: String?) -> StatusReport {
            StatusReport(
                providerMessageID: id, kind: .status("failed"), occurredAt: time, code: code, detail: detail)
        }
        kit.check(webhooks: [
            one(
                "a known error",
                failed(
                    #"[{"code": 131026, "title": "Message undeliverable", "message": "Message undeliverable", "#
                        + #""error_data": {"details": "Zażółć \u017c"}, "href": "https://a"}]"#),
                says: failure("131026", "Message undeliverable: Zażółć ż")),
            one("an unknown one", failed(#"[{"code": 7, "title": "New"}]"#), says: failure("7", "New")),
            one(
                "a known one without words", failed(#"[{"code": 131049}]"#),
                says: failure(
                    "131049", "Meta holds it back to keep users engaged: not again to this recipient within 24 hours")),
            one("the first that can be read", failed(#"[null, 3, {"code": 7}]"#), says: failure("7", nil)),
            one("no errors", failed("{}"), says: failure(nil, nil)),
            one(
                "data of somebody else's",
                MetaAccount.status("sent", more: #", "biz_opaque_callback_data": "n-42""#),
                says: StatusReport(providerMessageID: id, kind: .status("sent"), occurredAt: time)),
            one(
                "our data alone", #"{"status": "sent", "biz_opaque_callback_data": "\#(kit.delivery)"}"#,
                says: StatusReport(delivery: kit.delivery, kind: .status("sent"))),
        ])
    }

    @Test func aClosedWindowNamesTheRemedy() throws {
        let failed = MetaAccount.status(
            "failed", more: #", "errors": [{"code": 131047, "title": "Re-engagement message"}]"#)
        let report = try #require(try kit.channel.webhooks.parse(MetaAccount.webhook(statuses: failed)).reports.first)
        #expect(report.code == "131047")
        #expect(report.detail?.hasPrefix("Re-engagement message. ") == true)
        #expect(report.detail?.contains("template_only") == true)
    }

    @Test(
        arguments: [
            (#""1767323000""#, 1_767_323_000_000), ("1767323000", 1_767_323_000_000),
            (#""1767323000125""#, 1_767_323_000_125),
            ("1767323000125", 1_767_323_000_125), (#""""#, nil), (#""soon""#, nil), (#""-5""#, nil), ("0", nil),
            ("{}", nil),
            ("1.5", nil), (#""99999999999999999999""#, nil), ("null", nil),
            (#""9223372036854775807""#, 9_223_372_036_854_775_807),
        ] as [(String, Int64?)])
    func times(written: String, milliseconds: Int64?) throws {
        let request = MetaAccount.webhook(
            statuses: #"{"id": "\#(id)", "status": "sent", "timestamp": \#(written)}"#)
        let report = StatusReport(
            providerMessageID: id, kind: .status("sent"), occurredAt: milliseconds.map(Timestamp.init(milliseconds:)))
        #expect(try kit.channel.webhooks.parse(request) == WebhookContents(reports: [report]))
    }

    /// As many as Meta sends at once, over several entries and changes, in their order.
    @Test func aThousandUpdates() throws {
        let words = ["sent", "delivered", "read", "failed"]
        func change(_ numbers: Range<Int>) -> String {
            let statuses = numbers.map { MetaAccount.status(words[$0 % 4], id: "wamid.\($0)") }
            return #"{"field": "messages", "value": {"statuses": [\#(statuses.joined(separator: ","))]}}"#
        }
        let entries = stride(from: 0, to: 1000, by: 500).map {
            #"{"id": "1", "changes": [\#(change($0..<$0 + 200)), \#(change($0 + 200..<$0 + 500))]}"#
        }
        let request = MetaAccount.webhook(
            #"{"object": "whatsapp_business_account", "entry": [\#(entries.joined(separator: ","))]}"#)
        let contents = try kit.channel.webhooks.parse(request)
        #expect(contents.reports.map(\.providerMessageID) == (0..<1000).map { "wamid.\($0)" })
        #expect(contents.reports.map(\.kind) == (0..<1000).map { .status(StatusName(words[$0 % 4])) })
        #expect(contents.inbound.isEmpty)
    }

    /// One that cannot be read costs the others nothing, and is not lost: a report that names no delivery takes a copy
    /// of the whole to the dead letters.
    @Test func unreadableUpdatesBesideGoodOnes() {
        let odd = ["null", "7", "[]", #"{"status": "sent"}"#, #"{"id": "x"}"#, #"{"id": 7, "status": "sent"}"#]
        let good = StatusReport(providerMessageID: id, kind: .status("read"), occurredAt: time)
        kit.check(
            webhooks: odd.map { odd in
                WebhookCase(
                    odd, MetaAccount.webhook(statuses: odd, MetaAccount.status("read")),
                    says: WebhookContents(reports: [
                        good, StatusReport(kind: .unknown("unreadable"), detail: "1 of 2 updates can't be read"),
                    ]))
            })
    }

    /// About no message: they go to the dead letters too.
    @Test func errorsOfTheAccount() {
        func error(_ code: String, _ detail: String) -> StatusReport {
            StatusReport(kind: .unknown("error"), code: code, detail: detail)
        }
        let good = StatusReport(providerMessageID: id, kind: .status("read"), occurredAt: time)
        let errors = #""errors": [{"code": 130429}, {"code": 7, "title": "Meta's words"}, {}]"#
        kit.check(webhooks: [
            WebhookCase(
                "alone", MetaAccount.webhook(value: #""errors": [{"code": 130429, "title": "Rate limit hit"}]"#),
                says: WebhookContents(reports: [error("130429", "Rate limit hit")])),
            WebhookCase(
                "beside a status",
                MetaAccount.webhook(value: #"\#(errors), "statuses": [\#(MetaAccount.status("read"))]"#),
                says: WebhookContents(reports: [
                    good, error("130429", "the sender's throughput is used up"), error("7", "Meta's words"),
                    StatusReport(kind: .unknown("unreadable"), detail: "1 of 4 updates can't be read"),
                ])),
            WebhookCase(refusing: "an empty one", MetaAccount.webhook(value: #""errors": [{}]"#)),
        ])
    }

    @Test func whatIsNotOurs() {
        kit.check(
            webhooks: ["calls", "account_update", "message_template_status_update", "brand_new"].map { field in
                WebhookCase(
                    field,
                    MetaAccount.webhook(value: #""statuses": [\#(MetaAccount.status("sent"))]"#, field: field),
                    says: WebhookContents())
            } + [
                WebhookCase(
                    "no entries", MetaAccount.webhook(#"{"object": "whatsapp_business_account", "entry": []}"#),
                    says: .init())
            ])
    }

    @Test func whatMakesNoSenseIsRefused() {
        let account = #""object": "whatsapp_business_account""#
        kit.check(webhooks: [
            WebhookCase(refusing: "nothing", MetaAccount.webhook("")),
            WebhookCase(refusing: "no JSON", MetaAccount.webhook("object=whatsapp_business_account")),
            WebhookCase(refusing: "a list", MetaAccount.webhook("[]")),
            WebhookCase(refusing: "an empty object", MetaAccount.webhook("{}")),
            WebhookCase(refusing: "of a page", MetaAccount.webhook(#"{"object": "page", "entry": []}"#)),
            WebhookCase(refusing: "no entry", MetaAccount.webhook("{\(account)}")),
            WebhookCase(refusing: "an odd entry", MetaAccount.webhook(#"{\#(account), "entry": {}}"#)),
            WebhookCase(refusing: "an empty entry", MetaAccount.webhook(#"{\#(account), "entry": [{}]}"#)),
            WebhookCase(refusing: "an odd change", MetaAccount.webhook(#"{\#(account), "entry": [{"changes": [1]}]}"#)),
            WebhookCase(
                refusing: "an odd value",
                MetaAccount.webhook(#"{\#(account), "entry": [{"changes": [{"field": "messages", "value": 1}]}]}"#)),
            WebhookCase(refusing: "only an odd status", MetaAccount.webhook(statuses: "{}")),
            WebhookCase(refusing: "nested too deeply", MetaAccount.webhook(String(repeating: "[", count: 50_000))),
        ])
    }

    @Test(arguments: [
        (["sent", "delivered", "read"], "read"), (["sent", "failed", "delivered"], "delivered"),
        (["sent", "failed", "delivered", "read", "played"], "read"), (["sent", "failed"], "failed"),
        (["failed", "read"], "read"), (["read"], "read"), (["sent", "deleted", "brand_new"], "sent"),
        (["deleted"], "accepted"),
    ])
    func anyOrderEndsInTheSameStatus(words: [String], status: String) {
        kit.check(
            anyOrderOf: words.map { MetaAccount.webhook(statuses: MetaAccount.status($0)) }, endsIn: StatusName(status))
    }
}
