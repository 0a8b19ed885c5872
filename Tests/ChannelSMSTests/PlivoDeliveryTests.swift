import ChannelSDK
import ChannelSMS
import ChannelTesting
import Testing

@Suite struct PlivoDeliveryTests {
    private let content = MessageContent(recipient: "+15551230001", body: "Hi")
    private let credentials = "TUFYWFhYWFhYWFhYWFhYWFhYMDE6WTJRMlpEZ3habVk1WVdSaU9USTVZbVExTmpnME1UQXhaV0l5T1RjNA=="
    private static let callback =
        "https://notify.example.com/webhooks/under-test?delivery=0190163d-8694-739b-aea5-966c26f8ad90.1"

    private func request(_ body: String, base: String = "https://api.plivo.com") -> HTTPRequest {
        HTTPRequest(
            method: "POST", url: "\(base)/v1/Account/\(PlivoAccount.id)/Message/",
            headers: [
                "Authorization": "Basic \(credentials)",
                "Content-Type": "application/json", "Accept": "application/json",
            ],
            body: Array(body.utf8))
    }

    private func content(_ body: String, _ options: [String: String] = [:]) -> MessageContent {
        MessageContent(recipient: "+15551230001", body: body, options: options)
    }

    @Test func requestsFromANumber() throws {
        let start = #"{"dst":"+15551230001","#
        let end = #""type":"sms","url":"\#(Self.callback)"}"#
        try PlivoAccount.kit().check(requests: [
            RequestCase(
                "text", content("Hi there"),
                becomes: request(#"\#(start)"method":"POST","src":"+15551230000","text":"Hi there",\#(end)"#)),
            RequestCase(
                "any text", content("\"a/b\"\\ é🎉\n"),
                becomes: request(
                    #"\#(start)"method":"POST","src":"+15551230000","text":"\"a/b\"\\ é🎉\n",\#(end)"#)),
            RequestCase(
                "a sender of its own", content("Hi", ["from": "ACME", "unheard_of": "x"]),
                becomes: request(#"\#(start)"method":"POST","src":"ACME","text":"Hi",\#(end)"#)),
            RequestCase(
                "media", content("", ["media_url": "https://a.example/1.png  https://a.example/2.png"]),
                becomes: request(
                    #"\#(start)"media_urls":["https://a.example/1.png","https://a.example/2.png"],"method":"POST","#
                        + #""src":"+15551230000","type":"mms","url":"\#(Self.callback)"}"#)),
        ])
    }

    @Test func requestsFromAPowerpackElsewhere() throws {
        let powerpack = "86bbb125-97bb-4d72-89fd-81d5c515b015"
        let base = "http://127.0.0.1:4010"
        let kit = try PlivoAccount.kit([
            "from": nil, "powerpack": .string(powerpack), "base_url": .string("\(base)/"),
        ])
        kit.check(requests: [
            RequestCase(
                "powerpack", content("Hi"),
                becomes: request(
                    #"{"dst":"+15551230001","method":"POST","powerpack_uuid":"\#(powerpack)","text":"Hi","#
                        + #""type":"sms","url":"\#(Self.callback)"}"#, base: base)),
            RequestCase(
                "a sender instead of it", content("Hi", ["from": "+15551239999"]),
                becomes: request(
                    #"{"dst":"+15551230001","method":"POST","src":"+15551239999","text":"Hi","#
                        + #""type":"sms","url":"\#(Self.callback)"}"#, base: base)),
        ])
    }

    @Test func answers() throws {
        func accepted(_ id: String?) -> DeliveryOutcome {
            .accepted(Acceptance(providerMessageID: id, status: "queued", segments: 1))
        }
        func failure(_ kind: DeliveryFailure.Kind, _ code: String, _ message: String = "Plivo's words")
            -> DeliveryFailure
        {
            DeliveryFailure(kind, code: code, message: message)
        }
        let words = #"{"api_id": "x", "error": "Plivo's words"}"#
        var cases = [
            AnswerCase("202", PlivoAccount.answer(202, ""), means: accepted(nil)),
            AnswerCase("202, cut", PlivoAccount.answer(202, #"{"message_uuid": ["d"#), means: accepted(nil)),
            AnswerCase("202, odd types", PlivoAccount.answer(202, #"{"message_uuid": 7}"#), means: accepted(nil)),
            AnswerCase("taken", PlivoAccount.taken, means: accepted(PlivoAccount.message)),
            AnswerCase("one id", PlivoAccount.answer(200, #"{"message_uuid": "a"}"#), means: accepted("a")),
            AnswerCase(
                "a number that is none",
                PlivoAccount.answer(202, #"{"message_uuid": [], "invalid_number": ["1"], "error": "Plivo's words"}"#),
                means: .rejected(failure(.recipient, "invalid_number"))),
            AnswerCase(
                "429", PlivoAccount.answer(429, words, ["Retry-After": "7"]),
                means: .throttled(failure(.rateLimit, "http_429"), after: .seconds(7))),
            AnswerCase(
                "429 without delay", PlivoAccount.answer(429, words, ["Retry-After": "soon"]),
                means: .throttled(failure(.rateLimit, "http_429"))),
            AnswerCase(
                "an eternity", PlivoAccount.answer(503, words, ["Retry-After": "999999"]),
                means: .retry(failure(.transient, "http_503"), after: .seconds(86_400))),
            AnswerCase(
                "an echo of the secrets",
                PlivoAccount.answer(
                    400, #"{"error": "token \#(PlivoAccount.token), header \#(credentials)"}"#),
                means: .rejected(failure(.other, "http_400", "token •••, header •••"))),
            AnswerCase(
                "no words", PlivoAccount.answer(401, "<html>"),
                means: .rejected(
                    failure(.configuration, "http_401", "HTTP 401 without an explanation that can be read"))),
            AnswerCase(
                "somebody else's success", PlivoAccount.answer(200, "<html>Sign in</html>"),
                means: .uncertain(
                    failure(
                        .other, "http_200",
                        "HTTP 200 without message_uuid in it: is base_url the provider's, or is a proxy between?"))),
        ]
        cases += [408, 425, 503].map {
            AnswerCase("\($0)", PlivoAccount.answer($0, words), means: .retry(failure(.transient, "http_\($0)")))
        }
        cases += [500, 502, 504, 599].map {
            AnswerCase("\($0)", PlivoAccount.answer($0, words), means: .uncertain(failure(.transient, "http_\($0)")))
        }
        let refusals: [(DeliveryFailure.Kind, [Int])] = [
            (.configuration, [301, 307, 401, 402, 403, 404, 405, 407]), (.content, [413]), (.other, [400, 409, 422]),
        ]
        for (kind, statuses) in refusals {
            cases += statuses.map {
                AnswerCase("\($0)", PlivoAccount.answer($0, words), means: .rejected(failure(kind, "http_\($0)")))
            }
        }
        try PlivoAccount.kit().check(answers: cases, to: content)
    }

    /// 161 characters are two segments to us, and what they are to Plivo each callback says: none is expected by name.
    @Test(arguments: [true, false])
    func theAnswerNamesNoSegments(segmentReports: Bool) throws {
        let kit = try PlivoAccount.kit(["segment_reports": .boolean(segmentReports)])
        for (length, segments) in [(160, 1), (161, 2), (307, 3)] {
            kit.check(
                answers: [
                    AnswerCase(
                        "\(length)", PlivoAccount.taken,
                        means: .accepted(
                            Acceptance(
                                providerMessageID: PlivoAccount.message, status: "queued", segments: segments)))
                ], to: content(String(repeating: "a", count: length)))
        }
    }

    @Test(
        arguments: [
            (["auth_id": nil], ["auth_id"]), (["auth_id": .string("MA1")], ["auth_id"]),
            (["auth_id": .string("MAxxxxxxxxxxxxxxxx01")], ["auth_id"]),
            (["auth_id": .string("ABXXXXXXXXXXXXXXXX01")], ["auth_id"]),
            (["auth_token": nil], ["auth_token"]), (["auth_token": .secret(Secret(""))], ["auth_token"]),
            (["from": nil], ["from"]), (["from": .string("A name that is too long")], ["from"]),
            (["powerpack": .string("86bbb125-97bb-4d72-89fd-81d5c515b015")], ["from"]),
            (["from": nil, "powerpack": .string("p")], ["powerpack"]),
            (["base_url": .string("https://a.example/?x=1")], ["base_url"]),
            (["auth_id": nil, "auth_token": nil, "from": nil], ["auth_id", "auth_token", "from"]),
        ] as [([String: SettingValue?], [String])])
    func badSettingsAreAllExplained(changes: [String: SettingValue?], settings: [String]) {
        let refusal = #expect(throws: ConfigurationProblems.self) { try PlivoAccount.kit(changes) }
        #expect(refusal?.problems.map(\.setting) == settings)
        #expect(!"\(String(describing: refusal))".contains(PlivoAccount.token))
    }

    @Test func contentIsCheckedBeforeItIsAccepted() throws {
        let kit = try PlivoAccount.kit(["base_url": nil, "segment_reports": nil])
        kit.checkDescriptor()
        kit.check(contents: [
            ContentCase("text", content("Hi")), ContentCase("nothing", content(""), problemsAt: ["body"]),
            ContentCase("media for a body", content("", ["media_url": "https://a.example/1.png"])),
            ContentCase(
                "a template of Twilio's is no body", content("", ["content_sid": "HX"]), problemsAt: ["body"]),
            ContentCase("too long", content(String(repeating: "a", count: 1601)), problemsAt: ["body"]),
            ContentCase(
                "everything at once", MessageContent(recipient: "x", body: "", options: ["from": "?"]),
                problemsAt: ["to", "body", "options.from"]),
        ])
    }
}
