import ChannelSDK
import ChannelTesting
import ChannelWhatsApp
import Testing

@Suite struct TwilioAnswerTests {
    private let content = MessageContent(recipient: "+15551230001", body: "Hi")

    /// Every code of the table but the closed window's: what is wrong, and what is done about it.
    private static let codes: [(DeliveryFailure.Kind, [Int])] = [
        (.rateLimit, [20429, 21611, 30001, 30022, 63017, 63018]),
        (.transient, [30017, 30410, 30008, 63009, 63010, 63012, 30003]),
        (.recipient, [21211, 21612, 21614, 30005, 30006, 63003, 63024]),
        (.optedOut, [21610, 63033]),
        (.blocked, [30004, 30007, 63013, 63014, 63032]),
        (.configuration, [20003, 21408, 21606, 21608, 30002, 63007]),
        (.content, [21617, 63027, 63028, 63041]),
    ]

    /// The code decides, whatever the HTTP status beside it.
    @Test(arguments: [400, 401, 403, 404, 429, 500, 503])
    func theCodeComesFirst(status: Int) throws {
        let kit = try TwilioAccount.kit()
        var cases: [AnswerCase] = []
        for (kind, codes) in Self.codes {
            for code in codes {
                let failure = DeliveryFailure(kind, code: "\(code)", message: "Twilio's words")
                let outcome: DeliveryOutcome =
                    switch kind {
                    case .rateLimit: .throttled(failure)
                    case .transient: .retry(failure)
                    default: .rejected(failure)
                    }
                cases.append(AnswerCase("\(code)", TwilioAccount.error(status, code: code), means: outcome))
            }
        }
        kit.check(answers: cases, to: content)
    }

    @Test func aDailyCapIsAskedAboutOnceAnHour() throws {
        try TwilioAccount.kit().check(
            answers: [30023, 30027, 63038].map { code in
                AnswerCase(
                    "\(code)", TwilioAccount.error(429, code: code),
                    means: .throttled(
                        DeliveryFailure(.rateLimit, code: "\(code)", message: "Twilio's words"), after: .seconds(3600)))
            }, to: content)
    }

    @Test func aClosedWindowNamesTheRemedy() throws {
        let outcome = try outcome(TwilioAccount.error(400, code: 63016))
        guard case .rejected(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.kind == .content)
        #expect(failure.code == "63016")
        for word in ["Twilio's words. ", "content_sid", "fallback_template", "template_only"] {
            #expect(failure.message.contains(word), "\(failure.message)")
        }
    }

    @Test func acceptance() throws {
        func accepted(_ id: String?, _ status: StatusName? = nil) -> DeliveryOutcome {
            .accepted(Acceptance(providerMessageID: id, status: status))
        }
        let sid = TwilioAccount.messageSID
        let words: [(String, StatusName?)] = [
            ("queued", "queued"), ("accepted", "queued"), ("scheduled", "queued"), ("sending", "queued"),
            ("sent", "sent"), ("failed", "failed"), ("delivered", "delivered"), ("undelivered", "failed"),
            ("read", "read"), ("received", nil), ("brand_new", nil), ("", nil),
        ]
        var cases = words.map { word, status in
            AnswerCase(word, TwilioAccount.taken(status: word), means: accepted(sid, status))
        }
        cases += [
            AnswerCase(
                "200 with a message", .init(status: 200, body: TwilioAccount.taken().body),
                means: accepted(sid, "queued")),
            AnswerCase("201, empty", TwilioAccount.answer(201, ""), means: accepted(nil)),
            AnswerCase("201, cut", TwilioAccount.answer(201, #"{"sid": "SM"#), means: accepted(nil)),
            AnswerCase(
                "201, odd types", TwilioAccount.answer(201, #"{"sid": 7, "status": [], "code": {}}"#),
                means: accepted(nil)),
            AnswerCase("201, a list", TwilioAccount.answer(201, "[]"), means: accepted(nil)),
        ]
        try TwilioAccount.kit().check(answers: cases, to: content)
    }

    /// Not Twilio's answer, so nobody knows whether Twilio was asked.
    @Test(arguments: [(200, "<html>Sign in to the network</html>"), (200, ""), (202, "{}"), (204, "")])
    func successOfSomebodyElseIsUncertain(status: Int, body: String) throws {
        let outcome = try outcome(TwilioAccount.answer(status, body))
        guard case .uncertain(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.code == "http_\(status)")
    }

    @Test(arguments: [
        (500, "transient"), (502, "transient"), (503, "transient"), (504, "transient"), (408, "transient"),
        (425, "transient"), (429, "rate_limit"), (301, "configuration"), (401, "configuration"),
        (404, "configuration"), (413, "content"), (400, "other"), (422, "other"),
    ])
    func theStatusComesSecond(status: Int, kind: String) throws {
        for body in ["", "<html><h1>Bad gateway</h1></html>", "{", "null", "[]", #"{"code": null}"#, #"{"code": 1.5}"#]
        {
            let outcome = try outcome(TwilioAccount.answer(status, body))
            #expect(Self.kind(of: outcome) == kind, "\(status) \(body): \(outcome)")
        }
        let unknown = try outcome(TwilioAccount.error(status, code: 99_999))
        #expect(Self.kind(of: unknown) == kind)
    }

    @Test func problemsByRFC9457AndDelays() throws {
        let limit = DeliveryFailure(.rateLimit, code: "20429", message: "Slow down")
        try TwilioAccount.kit().check(
            answers: [
                AnswerCase(
                    "a code in quotes",
                    TwilioAccount.answer(400, #"{"type": "about:blank", "title": "Bad", "code": "21211"}"#),
                    means: .rejected(DeliveryFailure(.recipient, code: "21211", message: "Bad"))),
                AnswerCase(
                    "a delay",
                    TwilioAccount.answer(429, #"{"code": 20429, "detail": "Slow down"}"#, ["Retry-After": "7"]),
                    means: .throttled(limit, after: .seconds(7))),
                AnswerCase(
                    "a fault with a delay", TwilioAccount.answer(502, "", ["Retry-After": "7"]),
                    means: .retry(
                        DeliveryFailure(
                            .transient, code: "http_502", message: "HTTP 502 without an explanation that can be read"),
                        after: .seconds(7))),
                AnswerCase(
                    "a known code without words", TwilioAccount.answer(400, #"{"code": 63003}"#),
                    means: .rejected(
                        DeliveryFailure(.recipient, code: "63003", message: "the number is not on WhatsApp"))),
            ], to: content)
    }

    private func outcome(_ response: HTTPResponse) throws -> DeliveryOutcome {
        let kit = try TwilioAccount.kit()
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        return client.outcome(of: response, for: kit.message(content))
    }

    /// Throttled and retried outcomes must be of the one kind that goes with them.
    private static func kind(of outcome: DeliveryOutcome) -> String {
        switch outcome {
        case .throttled(let failure, _): failure.kind == .rateLimit ? "rate_limit" : "wrong"
        case .retry(let failure, _): failure.kind == .transient ? "transient" : "wrong"
        case .rejected(let failure): failure.kind.rawValue
        case .accepted, .uncertain: "\(outcome)"
        }
    }
}
