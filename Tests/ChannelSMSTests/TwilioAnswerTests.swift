import ChannelSDK
import ChannelSMS
import ChannelTesting
import Testing

@Suite struct TwilioAnswerTests {
    private let content = MessageContent(recipient: "+15551230001", body: "Hi")

    /// Every code of the table: what is wrong, and what is done about it.
    private static let codes: [(DeliveryFailure.Kind, [Int])] = [
        (.rateLimit, [20429, 21611, 30001, 30022, 63017, 63018]),
        (.transient, [30017, 30410, 30008, 63009, 63010, 63012, 30003]),
        (.recipient, [21211, 21612, 21614, 30005, 30006, 63003, 63024]),
        (.optedOut, [21610, 63033]),
        (.blocked, [30004, 30007, 63013, 63014, 63032]),
        (.configuration, [20003, 21408, 21606, 21608, 30002, 63007]),
        (.content, [21617, 63016, 63027, 63028, 63041]),
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

    @Test func acceptance() throws {
        func accepted(_ id: String?, _ status: StatusName? = nil) -> DeliveryOutcome {
            .accepted(Acceptance(providerMessageID: id, status: status, segments: 1))
        }
        let sid = TwilioAccount.messageSID
        let words: [(String, StatusName?)] = [
            ("queued", "queued"), ("accepted", "queued"), ("scheduled", "queued"), ("sending", "queued"),
            ("sent", "sent"),
            ("failed", "failed"), ("delivered", "delivered"), ("undelivered", "undelivered"), ("received", nil),
            ("brand_new", nil), ("", nil),
        ]
        var cases = words.map { word, status in
            AnswerCase(word, TwilioAccount.message(status: word), means: accepted(sid, status))
        }
        cases += [
            AnswerCase(
                "200 with a message", .init(status: 200, body: TwilioAccount.message().body),
                means: accepted(sid, "queued")),
            AnswerCase("201, empty", TwilioAccount.answer(201, ""), means: accepted(nil)),
            AnswerCase("201, cut", TwilioAccount.answer(201, #"{"sid": "SM"#), means: accepted(nil)),
            AnswerCase(
                "201, odd types", TwilioAccount.answer(201, #"{"sid": 7, "status": [], "code": {}}"#),
                means: accepted(nil)),
            AnswerCase(
                "201, empty sid", TwilioAccount.answer(201, #"{"sid": "", "status": "queued"}"#), means: accepted(nil)),
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
        (500, "transient"), (502, "transient"), (503, "transient"), (504, "transient"), (599, "transient"),
        (408, "transient"),
        (425, "transient"), (429, "rate_limit"), (301, "configuration"), (307, "configuration"), (401, "configuration"),
        (403, "configuration"), (404, "configuration"), (405, "configuration"), (407, "configuration"),
        (100, "configuration"),
        (413, "content"), (400, "other"), (409, "other"), (422, "other"), (418, "other"),
    ])
    func theStatusComesSecond(status: Int, kind: String) throws {
        for body in ["", "<html><h1>Bad gateway</h1></html>", "{", "null", "[]", #"{"code": null}"#, #"{"code": 1.5}"#]
        {
            let outcome = try outcome(TwilioAccount.answer(status, body))
            #expect(Self.kind(of: outcome) == kind, "\(status) \(body): \(outcome)")
            #expect(Self.failure(of: outcome)?.code == "http_\(status)")
        }
        let unknown = try outcome(TwilioAccount.error(status, code: 99_999))
        #expect(Self.kind(of: unknown) == kind)
        #expect(Self.failure(of: unknown)?.code == "99999")
    }

    @Test func problemsByRFC9457() throws {
        func rejected(_ code: String, _ message: String) -> DeliveryOutcome {
            .rejected(DeliveryFailure(.other, code: code, message: message))
        }
        try TwilioAccount.kit().check(
            answers: [
                AnswerCase(
                    "problem with a code",
                    TwilioAccount.answer(
                        400,
                        #"{"type": "https://t.example/e", "title": "Gone", "status": 400, "detail": "No", "code": "21610"}"#
                    ),
                    means: .rejected(DeliveryFailure(.optedOut, code: "21610", message: "No"))),
                AnswerCase(
                    "problem without",
                    TwilioAccount.answer(400, #"{"title": "Bad", "status": 400, "detail": "Field To"}"#),
                    means: rejected("http_400", "Field To")),
                AnswerCase(
                    "title only", TwilioAccount.answer(400, #"{"title": "Bad", "status": 400}"#),
                    means: rejected("http_400", "Bad")),
                AnswerCase(
                    "no words", TwilioAccount.answer(400, "{}"),
                    means: rejected("http_400", "HTTP 400 without an explanation that can be read")),
                AnswerCase(
                    "no words for a known code", TwilioAccount.answer(400, #"{"code": 21610}"#),
                    means: .rejected(
                        DeliveryFailure(.optedOut, code: "21610", message: "the recipient has unsubscribed"))),
            ], to: content)
    }

    @Test(
        arguments: [
            (nil, nil), ("0", 0), ("30", 30), ("999999999", 86_400), ("-1", nil), ("soon", nil), ("1.5", nil),
            ("Wed, 21 Oct 2026 07:28:00 GMT", nil), ("99999999999999999999", nil),
        ] as [(String?, Int?)])
    func retryAfterIsHonoured(header: String?, seconds: Int?) throws {
        let headers: HTTPHeaders = header.map { ["retry-after": $0] } ?? [:]
        let after = seconds.map { Duration.seconds($0) }
        for status in [429, 503] {
            switch try outcome(TwilioAccount.answer(status, "", headers)) {
            case .throttled(_, let delay), .retry(_, let delay): #expect(delay == after)
            case let other: Issue.record("\(other)")
            }
        }
    }

    @Test func longWordsAreCut() throws {
        let long = String(repeating: "é", count: 5000)
        let outcome = try outcome(TwilioAccount.error(400, code: 21211, long))
        #expect(Self.failure(of: outcome)?.message.count == 501)
    }

    @Test(arguments: [UInt64.random(in: 0 ... .max), 1])
    func anyBytesAreAnOutcome(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let body = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                UInt8.random(in: 0 ... .max, using: &generator)
            }
            let status = Int.random(in: -1...1000, using: &generator)
            let outcome = try outcome(HTTPResponse(status: status, body: body))
            let isTaken = if case .accepted = outcome { true } else { false }
            #expect(isTaken == (status == 201), "seed \(seed)")
        }
        let deep = String(repeating: "[", count: 100_000)
        #expect(Self.kind(of: try outcome(TwilioAccount.answer(500, deep))) == "transient")
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

    private static func failure(of outcome: DeliveryOutcome) -> DeliveryFailure? {
        switch outcome {
        case .throttled(let failure, _), .retry(let failure, _), .rejected(let failure), .uncertain(let failure):
            failure
        case .accepted: nil
        }
    }
}
