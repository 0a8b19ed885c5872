import ChannelSDK
import ChannelTesting
import ChannelWhatsApp
import Testing

@Suite struct MetaAnswerTests {
    private let content = MessageContent(recipient: "+15551230001", body: "Hi")

    /// Every code of the table but the closed window's: what is wrong, and what is done about it.
    private static let codes: [(DeliveryFailure.Kind, [Int])] = [
        (.rateLimit, [4, 80007, 130429, 131048, 131064, 133016]),
        (.transient, [1, 2, 131000, 131016, 131053, 131057]),
        (.recipient, [131021, 131026, 131030]),
        (.optedOut, [131050]),
        (.blocked, [131049, 130472]),
        (
            .content,
            [
                100, 131008, 131009, 131051, 131062, 131063, 132000, 132001, 132005, 132007, 132008, 132012, 132015,
                132016,
            ]
        ),
        (
            .configuration,
            [0, 3, 10, 190, 200, 250, 299, 368, 130497, 131005, 131031, 131037, 131042, 131045]
        ),
    ]

    /// The code decides, whatever the HTTP status beside it.
    @Test(arguments: [400, 401, 403, 404, 429, 500, 503])
    func theCodeComesFirst(status: Int) throws {
        let kit = try MetaAccount.kit()
        var cases: [AnswerCase] = []
        for (kind, codes) in Self.codes {
            for code in codes {
                let failure = DeliveryFailure(kind, code: "\(code)", message: "Meta's words")
                let outcome: DeliveryOutcome =
                    switch kind {
                    case .rateLimit: .throttled(failure)
                    case .transient: .retry(failure)
                    default: .rejected(failure)
                    }
                cases.append(AnswerCase("\(code)", MetaAccount.error(status, code: code), means: outcome))
            }
        }
        kit.check(answers: cases, to: content)
    }

    /// Too many messages to one recipient hold up that recipient's only.
    @Test func aPairLimitDoesNotPauseTheChannel() throws {
        let failure = DeliveryFailure(.rateLimit, code: "131056", message: "Meta's words")
        let slow = MetaAccount.error(400, code: 131056)
        try MetaAccount.kit().check(
            answers: [
                AnswerCase("without a delay", slow, means: .retry(failure, after: .seconds(6))),
                AnswerCase(
                    "with one", HTTPResponse(status: 429, headers: ["Retry-After": "60"], body: slow.body),
                    means: .retry(failure, after: .seconds(60))),
            ], to: content)
    }

    @Test func aClosedWindowNamesTheRemedy() throws {
        let outcome = try outcome(MetaAccount.error(400, code: 131047))
        guard case .rejected(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.kind == .content)
        #expect(failure.code == "131047")
        for word in ["Meta's words. ", "template_name", "fallback_template", "template_only"] {
            #expect(failure.message.contains(word), "\(failure.message)")
        }
    }

    @Test func acceptance() throws {
        let accepted = DeliveryOutcome.accepted(Acceptance(providerMessageID: MetaAccount.messageID))
        try MetaAccount.kit().check(
            answers: [
                AnswerCase("as documented", MetaAccount.taken(), means: accepted),
                AnswerCase(
                    "only the id", .init(status: 202, body: Array(#"{"messages":[{"id":"x"}]}"#.utf8)),
                    means: .accepted(Acceptance(providerMessageID: "x"))),
                AnswerCase(
                    "held for a look at its quality",
                    MetaAccount.answer(
                        200, #"{"messages":[{"id":"x","message_status":"held_for_quality_assessment"}]}"#),
                    means: .accepted(Acceptance(providerMessageID: "x"))),
            ], to: content)
    }

    /// Not Meta's answer, so nobody knows whether Meta was asked.
    @Test(arguments: [
        (200, "<html>Sign in to the network</html>"), (200, ""), (202, "{}"), (204, ""), (200, #"{"messages":[]}"#),
        (200, #"{"messages":[{"id":""}]}"#), (200, #"{"messages":[{"id":7}]}"#), (200, #"{"messages":{"id":"x"}}"#),
        (200, #"{"messages":[null]}"#), (200, "[]"),
    ])
    func successOfSomebodyElseIsUncertain(status: Int, body: String) throws {
        let outcome = try outcome(MetaAccount.answer(status, body))
        guard case .uncertain(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.code == "http_\(status)")
    }

    @Test(arguments: [
        (503, "transient"), (408, "transient"), (425, "transient"), (500, "uncertain"), (502, "uncertain"),
        (504, "uncertain"), (599, "uncertain"), (429, "rate_limit"), (301, "configuration"), (100, "configuration"),
        (401, "configuration"), (403, "configuration"), (404, "configuration"), (405, "configuration"),
        (407, "configuration"), (413, "content"), (400, "other"), (409, "other"), (422, "other"),
    ])
    func theStatusComesSecond(status: Int, kind: String) throws {
        for body in ["", "<html><h1>Bad gateway</h1></html>", "{", "null", "[]", #"{"error": null}"#, #"{"error": 1}"#]
        {
            let outcome = try outcome(MetaAccount.answer(status, body))
            #expect(Self.kind(of: outcome) == kind, "\(status) \(body): \(outcome)")
            #expect(Self.failure(of: outcome)?.code == "http_\(status)")
        }
        // In Meta's own words it is known not to have been taken.
        let unknown = try outcome(MetaAccount.error(status, code: 999_999))
        #expect(Self.kind(of: unknown) == (kind == "uncertain" ? "transient" : kind))
        #expect(Self.failure(of: unknown)?.code == "999999")
    }

    @Test func delays() throws {
        let failure = DeliveryFailure(.rateLimit, code: "130429", message: "Meta's words")
        let body = MetaAccount.error(429, code: 130429).body
        let cases: [(String, Duration?)] = [
            ("30", .seconds(30)), ("0", .zero), ("999999", .seconds(86_400)), ("-1", nil), ("soon", nil), ("", nil),
            ("99999999999999999999", nil),
        ]
        try MetaAccount.kit().check(
            answers: cases.map { header, delay in
                AnswerCase(
                    "'\(header)'", HTTPResponse(status: 429, headers: ["retry-after": header], body: body),
                    means: .throttled(failure, after: delay))
            }, to: content)
    }

    @Test func wordsOfMeta() throws {
        func rejected(_ message: String) -> DeliveryOutcome {
            .rejected(DeliveryFailure(.content, code: "100", message: message))
        }
        func error(_ fields: String) -> HTTPResponse { MetaAccount.answer(400, #"{"error":{"code":100,\#(fields)}}"#) }
        let long = String(repeating: "x", count: 600)
        try MetaAccount.kit().check(
            answers: [
                AnswerCase(
                    "message and details", error(#""message":"(#100) Invalid","error_data":{"details":"Bad é"}"#),
                    means: rejected("(#100) Invalid: Bad é")),
                AnswerCase("details alone", error(#""error_data":{"details":"Bad"}"#), means: rejected("Bad")),
                AnswerCase(
                    "odd types", error(#""message":7,"error_data":"x"}"#.dropLast().description),
                    means: rejected("a parameter is not valid")),
                AnswerCase("none", error(#""message":"""#), means: rejected("a parameter is not valid")),
                AnswerCase("long ones", error(#""message":"\#(long)""#), means: rejected(long.prefix(500) + "…")),
                AnswerCase(
                    "a code in quotes", MetaAccount.answer(400, #"{"error":{"code":"100","message":"m"}}"#),
                    means: rejected("m")),
            ], to: content)
    }

    @Test(arguments: [UInt64.random(in: 0 ... .max), 1])
    func anyBytesAreAnOutcome(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let body = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                UInt8.random(in: 0 ... .max, using: &generator)
            }
            let status = Int.random(in: -1...1000, using: &generator)
            let outcome = try outcome(HTTPResponse(status: status, body: body))
            if case .accepted = outcome { Issue.record("seed \(seed): \(status) \(body)") }
        }
        let deep = String(repeating: "[", count: 100_000)
        #expect(Self.kind(of: try outcome(MetaAccount.answer(503, deep))) == "transient")
    }

    private func outcome(_ response: HTTPResponse) throws -> DeliveryOutcome {
        let kit = try MetaAccount.kit()
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        return client.outcome(of: response, for: kit.message(content))
    }

    /// Throttled and retried outcomes must be of the one kind that goes with them.
    private static func kind(of outcome: DeliveryOutcome) -> String {
        switch outcome {
        case .throttled(let failure, _): failure.kind == .rateLimit ? "rate_limit" : "wrong"
        case .retry(let failure, _): failure.kind == .transient ? "transient" : "wrong"
        case .rejected(let failure): failure.kind.rawValue
        case .uncertain: "uncertain"
        case .accepted: "accepted"
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
