import ChannelSDK
import ChannelSMS
import ChannelTesting
import Testing

@Suite struct VonageMessagesWebhookTests {
    private let kit: ChannelTestKit<SMSChannel>
    private let id = VonageMessagesAccount.message
    private let time = Timestamp(year: 2026, month: 3, day: 1, hour: 9, minute: 30, second: 7, millisecond: 125)

    init() throws { kit = try VonageMessagesAccount.kit() }

    private func status(_ word: String, _ more: String = "", reference: String = "") -> WebhookRequest {
        VonageMessagesAccount.webhook(
            #"{"message_uuid":"\#(id)","to":"15551230001","from":"15551230000","timestamp":"2026-03-01T09:30:07.125Z","#
                + #""status":"\#(word)","client_ref":"\#(reference)","channel":"sms","sms":{"count_total":"2"},"#
                + #""usage":{"currency":"EUR","price":"0.0333"}\#(more)}"#)
    }

    @Test func everyWordOfVonages() {
        let words: [(String, StatusReport.Kind)] = [
            ("submitted", .status("queued")), ("delivered", .status("delivered")), ("read", .status("delivered")),
            ("rejected", .status("failed")), ("undeliverable", .status("failed")),
            ("brand_new", .unknown("brand_new")), ("Delivered", .unknown("Delivered")),
        ]
        kit.check(
            webhooks: words.map { word, kind in
                WebhookCase(
                    word, status(word, reference: "\(kit.delivery)"),
                    says: WebhookContents(reports: [
                        StatusReport(delivery: kit.delivery, providerMessageID: id, kind: kind, occurredAt: time)
                    ]))
            })
    }

    @Test func whatAReportCarries() {
        func says(_ report: StatusReport) -> WebhookContents { WebhookContents(reports: [report]) }
        let type = "https://developer.vonage.com/api-errors/messages"
        kit.check(webhooks: [
            WebhookCase(
                "an error",
                status(
                    "rejected",
                    #","error":{"type":"\#(type)#1120","title":1120,"detail":"Illegal Sender Address - rejected"}"#),
                says: says(
                    StatusReport(
                        providerMessageID: id, kind: .status("failed"), occurredAt: time, code: "1120",
                        detail: "Illegal Sender Address - rejected"))),
            WebhookCase(
                "an error without words", status("undeliverable", #","error":{"type":"\#(type)","title":"1330"}"#),
                says: says(
                    StatusReport(
                        providerMessageID: id, kind: .status("failed"), occurredAt: time, code: "1330", detail: "1330"))
            ),
            WebhookCase(
                "an odd error", status("rejected", #","error":"no""#),
                says: says(StatusReport(providerMessageID: id, kind: .status("failed"), occurredAt: time))),
            WebhookCase(
                "by the reference only, and odd types",
                VonageMessagesAccount.webhook(
                    #"{"message_uuid":7,"status":"submitted","client_ref":"\#(kit.delivery)","timestamp":1}"#),
                says: says(StatusReport(delivery: kit.delivery, kind: .status("queued")))),
            WebhookCase(
                "another channel's",
                VonageMessagesAccount.webhook(#"{"message_uuid":"a","status":"read","channel":"whatsapp"}"#),
                says: WebhookContents()),
        ])
    }

    @Test func messagesToUs() {
        func message(_ more: String, type: String = "text", channel: String = "sms") -> WebhookRequest {
            VonageMessagesAccount.webhook(
                #"{"channel":"\#(channel)","message_uuid":"\#(id)","to":"15551230000","from":"15551230001","#
                    + #""timestamp":"2026-03-01T09:30:07.125Z","message_type":"\#(type)",\#(more),"#
                    + #""sms":{"num_messages":"1","keyword":"HELLO"},"context_status":"none"}"#)
        }
        func inbound(_ body: String, media: [String] = [], _ intent: InboundMessage.Intent? = nil) -> WebhookContents {
            WebhookContents(inbound: [
                InboundMessage(
                    providerMessageID: id, sender: "15551230001", recipient: "15551230000", body: body, media: media,
                    occurredAt: time, intent: intent)
            ])
        }
        kit.check(webhooks: [
            WebhookCase("text", message(#""text":"Stop & go é\n🎉""#), says: inbound("Stop & go é\n🎉")),
            WebhookCase("a keyword", message(#""text":"help""#), says: inbound("help", .help)),
            WebhookCase("an empty text", message(#""text":"""#), says: inbound("")),
            WebhookCase(
                "media",
                message(#""image":{"url":"https://m/1","caption":"x"}"#, type: "image", channel: "mms"),
                says: inbound("", media: ["https://m/1"])),
            WebhookCase("odd media", message(#""image":"https://m/1""#, type: "image"), says: inbound("")),
            WebhookCase(
                "another channel's", message(#""text":"STOP""#, channel: "viber_service"), says: WebhookContents()),
        ])
    }

    @Test func whatMakesNoSenseIsRefused() {
        kit.check(
            webhooks: [
                "", "[]", "x", "{}", #"{"message_uuid":"a"}"#, #"{"status":"delivered"}"#, #"{"status":7}"#,
                #"{"status":"delivered","client_ref":"x"}"#, #"{"message_type":"text","from":"a","to":"b"}"#,
                #"{"message_type":"text","from":"a","message_uuid":"b"}"#, String(repeating: "[", count: 513),
            ].map { WebhookCase(refusing: $0, VonageMessagesAccount.webhook($0)) })
    }

    @Test(arguments: [
        (["submitted", "delivered", "read"], "delivered"), (["submitted", "rejected"], "failed"),
        (["undeliverable", "submitted", "delivered"], "delivered"), (["brand_new"], "accepted"),
    ])
    func anyOrderEndsInTheSameStatus(words: [String], status: String) {
        kit.check(anyOrderOf: words.map { self.status($0) }, endsIn: StatusName(status))
    }

    // MARK: Verification

    private func isGenuine(
        _ request: WebhookRequest, _ kit: ChannelTestKit<SMSChannel>? = nil, at seconds: Int64 = 1_735_740_000
    ) async -> Bool {
        guard case .scheme(let verifier) = (kit ?? self.kit).channel.webhooks.verification else { return false }
        return await verifier.verify(request, now: Timestamp(seconds: seconds)) == .genuine
    }

    /// Tokens that were made elsewhere. The first has no hash of a body, so it proves none.
    @Test func publishedVectors() async throws {
        let vectors = try SignatureVectors.load().vonage_messages_jwt.vectors
        #expect(vectors.map { $0.body == nil } == [true, false])
        for vector in vectors {
            let kit = try VonageMessagesAccount.kit(["signature_secret": .secret(Secret(vector.secret))])
            func request(_ body: String) -> WebhookRequest {
                VonageMessagesAccount.with(
                    VonageMessagesAccount.webhook(body), authorization: "Bearer \(vector.jwt)")
            }
            #expect(await isGenuine(request(vector.body ?? ""), kit))
            #expect(await isGenuine(request((vector.body ?? "") + " "), kit) == false)
            #expect(await isGenuine(request(vector.body ?? "")) == false)
        }
    }

    @Test func onlyVonageIsBelieved() async {
        await kit.check(verificationOf: [status("delivered"), VonageMessagesAccount.webhook("x")]) { request in
            let claims =
                #"{"iat":1,"api_key":"abcd1234","payload_hash":"\#(VonageMessagesAccount.hash(request.body))"}"#
            return VonageMessagesAccount.with(
                request, authorization: "Bearer \(VonageMessagesAccount.token(claims))")
        }
    }

    @Test func everyTokenThatCounts() async {
        let request = status("delivered")
        let hash = VonageMessagesAccount.hash(request.body)
        let good = VonageMessagesAccount.token(#"{"payload_hash":"\#(hash)"}"#)
        func token(_ claims: String) -> String { "Bearer " + VonageMessagesAccount.token(claims) }
        func header(_ header: String) -> String {
            "Bearer " + VonageMessagesAccount.token(#"{"payload_hash":"\#(hash)"}"#, header: header)
        }
        let cases: [(Bool, [String])] = [
            (true, ["Bearer \(good)"]), (true, ["bearer \(good)"]),
            (true, [token(#"{"payload_hash":"\#(hash.uppercased())","api_key":"abcd1234"}"#)]),
            (true, [token(#"{"payload_hash":"\#(hash)","exp":1735739701}"#)]),
            (false, [token(#"{"payload_hash":"\#(hash)","exp":1735739700}"#)]),
            (false, [token(#"{"payload_hash":"\#(hash)","exp":-1e300}"#)]),
            (false, [token(#"{"payload_hash":"\#(hash)","exp":"soon"}"#)]),
            (false, [token(#"{"payload_hash":"\#(hash)","api_key":"another"}"#)]),
            (false, [token(#"{"payload_hash":"\#(hash.dropLast())"}"#)]), (false, [token("{}")]),
            (false, [token("[]")]),
            (false, []), (false, ["Bearer \(good)", "Bearer \(good)"]), (false, [good]), (false, ["Basic \(good)"]),
            (false, ["Bearer \(good)."]), (false, ["Bearer \(good)="]), (false, ["Bearer .."]),
            (false, ["Bearer " + good.split(separator: ".").dropLast().joined(separator: ".") + "."]),
            (true, [header(#"{"alg":"HS256"}"#)]), (false, [header(#"{"alg":"none"}"#)]),
            (false, [header(#"{"alg":"HS512"}"#)]), (false, [header(#"{"alg":"RS256"}"#)]), (false, [header("{}")]),
        ]
        for (isExpected, headers) in cases {
            var signed = request
            for header in headers { signed = VonageMessagesAccount.with(signed, authorization: header) }
            #expect(await isGenuine(signed) == isExpected, "\(headers)")
        }
    }
}
