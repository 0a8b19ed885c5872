import ChannelEmail
import ChannelSDK
import ChannelTesting
import Crypto
import Synchronization
import Testing

@testable import struct ChannelEmail.MailgunSignature

@Suite struct MailgunTests {
    private let kit: ChannelTestKit<EmailChannel>

    init() throws { kit = try Accounts.kit("mailgun") }

    private func request(_ body: String) -> HTTPRequest {
        HTTPRequest(
            url: "https://api.mailgun.net/v3/mg.acme.example/messages",
            headers: [
                "Authorization": "Basic YXBpOmtleS0xMTIyMzM0NDU1NjY3Nzg4OTkwMA==",
                "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
            ], body: Array(body.utf8))
    }

    @Test func requests() {
        kit.check(requests: [
            RequestCase(
                "text", Accounts.content,
                becomes: request(
                    "from=Acme+%3Chello%40acme.example%3E&to=ada%40example.com&subject=Hello&text=Hi+there"
                        + "&v%3Adelivery=\(kit.delivery)")),
            RequestCase(
                "everything", Accounts.fullContent,
                becomes: request(
                    "from=%22Acme%2C+Inc.%22+%3Cnews%40acme.example%3E&to=ada%40example.com"
                        + "&subject=Hell%C3%B6+%22you%22&text=Hi+%C3%A9%F0%9F%8E%89%0A&html=%3Cp%3EHi%3C%2Fp%3E"
                        + "&h%3AReply-To=help%40acme.example"
                        + "&h%3AList-Unsubscribe=%3Chttps%3A%2F%2Facme.example%2Fu%3Fx%3D1%3E"
                        + "&h%3AList-Unsubscribe-Post=List-Unsubscribe%3DOne-Click&v%3Adelivery=\(kit.delivery)")),
        ])
    }

    @Test func answers() {
        func error(_ status: Int, _ words: String) -> HTTPResponse {
            Accounts.answer(status, #"{"message":"\#(words)"}"#)
        }
        let badAddress = "'to' parameter is not a valid address. please check documentation"
        kit.check(
            answers: [
                AnswerCase(
                    "taken", Accounts.answer(200, #"{"id":"<2026.1@mg.acme.example>","message":"Queued. Thank you."}"#),
                    means: Accounts.accepted("2026.1@mg.acme.example")),
                AnswerCase(
                    "recipient", error(400, badAddress), means: Accounts.rejected(.recipient, "http_400", badAddress)),
                AnswerCase("content", error(400, "Bad"), means: Accounts.rejected(.content, "http_400", "Bad")),
                AnswerCase(
                    "key", error(401, "Forbidden"), means: Accounts.rejected(.configuration, "http_401", "Forbidden")),
                AnswerCase("no credit", error(402, "Pay"), means: Accounts.rejected(.configuration, "http_402", "Pay")),
                AnswerCase(
                    "too fast", error(429, "Slow down"),
                    means: .throttled(DeliveryFailure(.rateLimit, code: "http_429", message: "Slow down"))),
            ], to: Accounts.content)
    }

    /// A webhook, signed with `key`.
    private func webhook(
        _ data: String, time: String = "1767323000", token: String = "t0k3n",
        key: String = "key-0p6mqbf74lb20gzq9f4dhpn9rg3zyk26", signature: String? = nil
    ) -> WebhookRequest {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array((time + token).utf8), using: SymmetricKey(data: Array(key.utf8)))
        let hex = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return Accounts.webhook(
            #"{"signature":{"timestamp":"\#(time)","token":"\#(token)","signature":"\#(signature ?? hex)"},"#
                + #""event-data":\#(data)}"#)
    }

    private func event(_ word: String, _ more: String = "") -> WebhookRequest {
        webhook(
            #"{"event":"\#(word)","id":"e","timestamp":1521472262.908181,"recipient":"b@y.example","#
                + #""message":{"headers":{"message-id":"2026.1@mg.acme.example"}},"#
                + #""user-variables":{"delivery":"\#(kit.delivery)"}\#(more)}"#)
    }

    @Test func everyWord() {
        let words: [(String, String, StatusReport.Kind)] = [
            ("accepted", "", .status("queued")), ("rejected", "", .status("dropped")),
            ("delivered", "", .status("delivered")), ("complained", "", .status("complained")),
            ("failed", #","severity":"temporary""#, .status("deferred")),
            ("failed", #","severity":"permanent""#, .status("bounced")),
            ("failed", #","severity":"brand_new""#, .unknown("failed brand_new")),
            ("opened", "", .engagement("open")), ("clicked", "", .engagement("click")),
            ("unsubscribed", "", .engagement("unsubscribe")), ("brand_new", "", .unknown("brand_new")),
        ]
        func says(_ kind: StatusReport.Kind, code: String? = nil, detail: String? = nil) -> WebhookContents {
            WebhookContents(reports: [
                StatusReport(
                    delivery: kit.delivery, providerMessageID: "2026.1@mg.acme.example", kind: kind,
                    occurredAt: Timestamp(milliseconds: 1_521_472_262_908), code: code, detail: detail, eventID: "e")
            ])
        }
        let reasons: [String: OptOutReport.Reason] = ["complained": .complaint, "unsubscribed": .unsubscribe]
        kit.check(
            webhooks: words.map { word, more, kind in
                var contents = says(kind)
                contents.optOuts =
                    reasons[word].map {
                        [
                            OptOutReport(
                                .recipient("b@y.example"), reason: $0,
                                occurredAt: Timestamp(milliseconds: 1_521_472_262_908))
                        ]
                    } ?? []
                return WebhookCase("\(word)\(more)", event(word, more), says: contents)
            } + [
                WebhookCase(
                    "on a suppression list",
                    event(
                        "failed", #","severity":"permanent","reason":"suppress-bounce","delivery-status":{"code":605}"#),
                    says: says(.status("dropped"), code: "605", detail: "suppress-bounce")),
                WebhookCase(
                    "a bounce",
                    event(
                        "failed",
                        #","severity":"permanent","reason":"bounce","delivery-status":{"code":550,"message":"No user"}"#
                    ),
                    says: says(.status("bounced"), code: "550", detail: "No user")),
                WebhookCase(refusing: "nothing", Accounts.webhook("{}")),
                WebhookCase(refusing: "nobody's", webhook(#"{"event":"opened"}"#)),
            ])
        kit.check(
            anyOrderOf: [event("accepted"), event("delivered"), event("failed", #","severity":"permanent""#)],
            endsIn: "bounced")
    }

    @Test func theVectorsAreGenuine() async throws {
        let vectors = try EmailVectors.load().mailgun.vectors
        #expect(vectors.count == 3)
        for vector in vectors {
            let now = Timestamp(seconds: try #require(Int64(vector.timestamp)))
            let kit = try Accounts.kit(
                "mailgun", ["webhook_signing_key": .secret(Secret(vector.signingKey))], now: now)
            let signed = webhook(
                "{}", time: vector.timestamp, token: vector.token, signature: vector.signature)
            let forged = webhook("{}", time: vector.timestamp, token: vector.token, key: "another")
            await kit.check(verificationOf: [forged], coversBody: false) { _ in signed }
        }
    }

    @Test func aTokenIsGoodForOneBodyAndATime() async throws {
        let scheme = MailgunSignature(
            key: Secret("key-0p6mqbf74lb20gzq9f4dhpn9rg3zyk26"), channel: "email", cache: KeptCache())
        let now = Timestamp(seconds: 1_767_323_045)
        let first = event("delivered")
        #expect(await scheme.verify(first, now: now) == .genuine)
        #expect(await scheme.verify(first, now: now) == .genuine)
        #expect(await scheme.verify(event("complained"), now: now) != .genuine)
        #expect(await scheme.verify(webhook("{}", token: "another"), now: now) == .genuine)
        for (offset, isGenuine) in [(43_200, true), (43_201, false), (-43_200, true), (-43_201, false)] {
            let late = await scheme.verify(first, now: Timestamp(seconds: 1_767_323_000) + .seconds(offset))
            #expect((late == .genuine) == isGenuine)
        }
        for body in ["", "{}", #"{"signature":{"timestamp":1,"token":"t"}}"#, #"{"signature":[]}"#] {
            #expect(await scheme.verify(Accounts.webhook(body), now: now) != .genuine)
        }
    }
}

/// Keeps everything for as long as it lives.
private final class KeptCache: Cache {
    private let kept = Mutex<[String: [UInt8]]>([:])

    func values(for keys: [String]) async -> [[UInt8]?] { kept.withLock { kept in keys.map { kept[$0] } } }
    func store(_ value: [UInt8], for key: String, lifetime: Duration, tags: [String]) async {
        kept.withLock { $0[key] = value }
    }
    func remove(_ keys: [String]) async {}
    func invalidate(tag: String) async {}
}
