import ChannelSDK
import ChannelSMS
import ChannelTesting
import Testing

@Suite struct KannelWebhookTests {
    private let kit: ChannelTestKit<SMSChannel>
    private let time = Timestamp(seconds: 1_795_248_281)

    init() throws { kit = try KannelAccount.kit() }

    private func report(_ status: String, answer: String = "") -> WebhookRequest {
        KannelAccount.webhook(
            "delivery=\(kit.delivery)&secret=\(KannelAccount.secret)&status=\(status)&ts=1795248281&answer=\(answer)")
    }

    @Test(
        arguments: [
            // What is configured, where the report comes from, whether it brings the secret, and whether it is believed.
            (true, ["10.0.0.0/24"], "10.0.0.5", true, true), (true, ["10.0.0.0/24"], "10.0.0.5", false, false),
            (true, ["10.0.0.0/24"], "10.0.1.5", true, false), (true, ["10.0.0.0/24"], nil, true, false),
            (false, ["10.0.0.5", "fd00::/8"], "fd12::1", false, true), (false, ["10.0.0.5"], "10.0.0.6", false, false),
            (true, nil, "198.51.100.1", true, true), (true, nil, "198.51.100.1", false, false),
        ] as [(Bool, [String]?, String?, Bool, Bool)])
    func secretsAndAddresses(
        hasSecret: Bool, addresses: [String]?, caller: String?, bringsSecret: Bool, isBelieved: Bool
    ) async throws {
        var changes: [String: SettingValue?] = ["allowed_addresses": addresses.map { .list($0) }]
        if !hasSecret { changes["webhook_secret"] = .some(nil) }
        let kit = try KannelAccount.kit(changes)
        let secret = bringsSecret ? "&secret=\(KannelAccount.secret)" : ""
        let webhook = WebhookRequest(
            method: "GET", url: "https://notify.example.com/webhooks/sms?delivery=\(kit.delivery)\(secret)&status=1",
            headers: [:], body: [], receivedAt: time, remoteAddress: caller.flatMap { IPAddress($0) })
        guard case .scheme(let verifier) = kit.channel.webhooks.verification else {
            Issue.record("nothing is verified")
            return
        }
        #expect((await verifier.verify(webhook, now: time) == .genuine) == isBelieved)
    }

    @Test func withNeitherEverybodyIsBelievedAndItIsSaid() throws {
        let kit = try KannelAccount.kit(["webhook_secret": nil])
        guard case .none(let reason) = kit.channel.webhooks.verification else {
            Issue.record("something is verified, with nothing to verify by")
            return
        }
        #expect(reason.contains("webhook_secret") && reason.contains("allowed_addresses"))
    }

    @Test func everyKindOfReport() {
        let kinds: [(String, StatusReport.Kind)] = [
            ("1", .status("delivered")), ("2", .status("undelivered")), ("4", .status("queued")),
            ("8", .status("sent")), ("16", .status("failed")), ("32", .unknown("32")), ("0", .unknown("0")),
            ("x", .unknown("x")), ("99999999999999999999", .unknown("99999999999999999999")),
        ]
        kit.check(
            webhooks: kinds.map { status, kind in
                WebhookCase(
                    status, report(status),
                    says: WebhookContents(reports: [
                        StatusReport(delivery: kit.delivery, kind: kind, occurredAt: time)
                    ]))
            })
    }

    @Test(
        arguments: [
            ("ACK%2F", nil, nil), ("", nil, nil), ("NACK/", nil, "NACK/"),
            (
                "NACK%2F0x0000000b%2FInvalid+Destination+Address", "0x0000000b",
                "NACK/0x0000000b/Invalid Destination Address"
            ),
            (
                "id%3A1+sub%3A001+dlvrd%3A000+stat%3AUNDELIV+err%3A042+text%3AHello+Ada", "042",
                "id:1 sub:001 dlvrd:000 stat:UNDELIV err:042"
            ),
            ("stat%3ADELIVRD+err%3A000+Text%3AHello", nil, "stat:DELIVRD err:000"), ("err%3A", nil, "err:"),
            ("%C4%B0+text%3Ax", nil, "İ"),
        ] as [(String, String?, String?)])
    func theWordsOfTheSMSC(answer: String, code: String?, detail: String?) {
        kit.check(webhooks: [
            WebhookCase(
                answer, report("2", answer: answer),
                says: WebhookContents(reports: [
                    StatusReport(
                        delivery: kit.delivery, kind: .status("undelivered"), occurredAt: time, code: code,
                        detail: detail)
                ]))
        ])
    }

    @Test func messagesToUs() {
        let query = "secret=\(KannelAccount.secret)&id=b7ab9009-9596&from=%2B15551230001&to=13013&ts=1795248281"
        func inbound(_ body: String, _ intent: InboundMessage.Intent? = nil) -> WebhookContents {
            WebhookContents(inbound: [
                InboundMessage(
                    providerMessageID: "b7ab9009-9596", sender: "+15551230001", recipient: "13013", body: body,
                    occurredAt: time, intent: intent)
            ])
        }
        func get(_ text: String, coding: Int = 0) -> WebhookRequest {
            KannelAccount.webhook("\(query)&coding=\(coding)&text=\(text)")
        }
        func post(_ bytes: [UInt8], coding: Int = 0) -> WebhookRequest {
            KannelAccount.webhook("\(query)&coding=\(coding)", method: "POST", body: bytes)
        }
        kit.check(webhooks: [
            WebhookCase("get-url", get("Hello%2B%2B%C3%A9+%26%253d%20world"), says: inbound("Hello++é &%3d world")),
            WebhookCase("what is no escape", get("%+5%g0%4%"), says: inbound("% 5%g0%4%")),
            WebhookCase("a keyword", get("Stop"), says: inbound("Stop", .optOut)),
            WebhookCase("an empty text", get(""), says: inbound("")),
            WebhookCase("no text", KannelAccount.webhook(query), says: inbound("")),
            WebhookCase("UCS-2", get("%04%16%00a%00%2B%D8%3C%DF%89", coding: 2), says: inbound("Жa+🎉")),
            WebhookCase("half a unit more", get("%04%16%00", coding: 2), says: inbound("Ж")),
            WebhookCase("post-url", post(Array("Hello++é %26".utf8)), says: inbound("Hello++é %26")),
            WebhookCase(
                "UCS-2 posted", post([0, 0x48, 0, 0x45, 0, 0x4C, 0, 0x50], coding: 2), says: inbound("HELP", .help)),
            WebhookCase("bytes posted", post([0x53, 0xE9], coding: 1), says: inbound("S\u{FFFD}")),
            WebhookCase("nothing posted", post([], coding: 2), says: inbound("")),
        ])
        // Whatever stands in the answer would go back to the sender.
        #expect(kit.channel.webhooks.acknowledgement(of: get("Hi")) == WebhookReply())
    }

    @Test func whatMakesNoSenseIsRefused() {
        kit.check(
            webhooks: [
                "", "delivery=\(kit.delivery)", "status=1", "status=1&delivery=x", "from=1&to=2", "id=a&from=1",
                "id=a&to=2&text=x",
            ].map { WebhookCase(refusing: $0, KannelAccount.webhook($0)) })
    }

    @Test(arguments: [
        (["8", "1"], "delivered"), (["1", "8", "4"], "delivered"), (["4", "8", "2"], "undelivered"),
        (["4", "16"], "failed"), (["4", "8"], "sent"), (["4"], "queued"), (["32"], "accepted"),
    ])
    func anyOrderEndsInTheSameStatus(kinds: [String], status: String) {
        kit.check(anyOrderOf: kinds.map { report($0) }, endsIn: StatusName(status))
    }

    @Test func onlyWhoKnowsTheSecretIsBelieved() async {
        let queries = ["delivery=\(kit.delivery)&status=1", "secret=&status=1", "secret=guess&id=a&from=1&to=2"]
        await kit.check(verificationOf: queries.map { KannelAccount.webhook($0) }, coversBody: false) { request in
            let query = request.query.split(separator: "&").filter { !$0.hasPrefix("secret=") }.joined(separator: "&")
            return KannelAccount.webhook("\(query)&secret=\(KannelAccount.secret)")
        }
    }
}
