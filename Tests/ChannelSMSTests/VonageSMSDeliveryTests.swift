import ChannelSDK
import ChannelSMS
import ChannelTesting
import Testing

@Suite struct VonageSMSDeliveryTests {
    private static let delivery = "0190163d-8694-739b-aea5-966c26f8ad90.1"
    private let end = "&callback=https%3A%2F%2Fnotify.example.com%2Fwebhooks%2Funder-test"

    private func content(_ body: String, _ options: [String: String] = [:]) -> MessageContent {
        MessageContent(recipient: "+15551230001", body: body, options: options)
    }

    private func request(_ body: String, base: String = "https://rest.nexmo.com") -> HTTPRequest {
        HTTPRequest(
            method: "POST", url: "\(base)/sms/json",
            headers: [
                "Authorization": "Basic \(VonageSMSAccount.credentials)",
                "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
            ],
            body: Array(body.utf8))
    }

    private func form(_ text: String, from: String = "15551230000", type: String = "text", parts: String = "") -> String
    {
        "from=\(from)&to=15551230001&text=\(text)&type=\(type)&status-report-req=1&client-ref=\(Self.delivery)\(parts)\(end)"
    }

    @Test func requests() throws {
        let long = String(repeating: "a", count: 307)
        try VonageSMSAccount.kit().check(requests: [
            RequestCase("text", content("Hi there"), becomes: request(form("Hi+there"))),
            RequestCase("the extension table", content("[€]"), becomes: request(form("%5B%E2%82%AC%5D"))),
            RequestCase(
                "any text", content("a&b=c+d %ж🎉\n"),
                becomes: request(form("a%26b%3Dc%2Bd+%25%D0%B6%F0%9F%8E%89%0A", type: "unicode"))),
            RequestCase("three segments", content(long), becomes: request(form(long, parts: "_3"))),
            RequestCase(
                "a sender of its own", content("Hi", ["from": "ACME", "unheard_of": "x"]),
                becomes: request(form("Hi", from: "ACME"))),
        ])
        let elsewhere = try VonageSMSAccount.kit([
            "from": .string("ACME Corp"), "validity_period": .duration(.seconds(90)),
            "base_url": .string("http://127.0.0.1:4010/"),
        ])
        elsewhere.check(requests: [
            RequestCase(
                "elsewhere", content("Hi"),
                becomes: request(form("Hi", from: "ACME+Corp") + "&ttl=90000", base: "http://127.0.0.1:4010"))
        ])
    }

    /// Vonage refuses an address of more than 100 bytes.
    @Test(arguments: [(69, true), (70, false)])
    func anAddressThatIsTooLongIsLeftToTheAccountsSettings(length: Int, isThere: Bool) throws {
        let kit = try VonageSMSAccount.kit()
        let message = OutboundMessage(
            delivery: kit.delivery, account: "acme", content: content("Hi"), attempt: 1,
            webhookURL: "https://\(String(repeating: "a", count: length))/webhooks/under-test/xx?delivery=x")
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let body = String(decoding: try client.request(for: message).body, as: UTF8.self)
        #expect(body.contains("&callback=") == isThere)
    }

    private func failure(_ kind: DeliveryFailure.Kind, _ code: String, _ message: String = "Vonage's words")
        -> DeliveryFailure
    {
        DeliveryFailure(kind, code: code, message: message)
    }

    private func refusal(_ code: String, text: String = "Vonage's words", http: Int = 200, _ headers: HTTPHeaders = [:])
        -> HTTPResponse
    {
        VonageSMSAccount.answer(
            http, #"{"message-count":"1","messages":[{"status":"\#(code)","error-text":"\#(text)"}]}"#, headers)
    }

    @Test func everyCodeOfVonages() throws {
        var cases: [AnswerCase] = []
        let rejections: [(DeliveryFailure.Kind, [Int])] = [
            (.recipient, [6, 33]), (.blocked, [7]), (.content, [12, 20]),
            (.configuration, [4, 8, 9, 11, 14, 15, 16, 19, 22, 23, 29, 32]), (.other, [2, 3, 99, -1]),
        ]
        for (kind, codes) in rejections {
            cases += codes.map {
                AnswerCase("\($0)", refusal("\($0)"), means: .rejected(failure(kind, "\($0)")))
            }
        }
        cases += [1, 10].map {
            AnswerCase("\($0)", refusal("\($0)"), means: .throttled(failure(.rateLimit, "\($0)")))
        }
        cases += [5, 13].map { AnswerCase("\($0)", refusal("\($0)"), means: .retry(failure(.transient, "\($0)"))) }
        cases += [
            AnswerCase(
                "with a delay", refusal("1", http: 429, ["Retry-After": "3"]),
                means: .throttled(failure(.rateLimit, "1"), after: .seconds(3))),
            AnswerCase("the code comes first", refusal("4", http: 503), means: .rejected(failure(.configuration, "4"))),
            AnswerCase(
                "no words", refusal("4", text: ""),
                means: .rejected(failure(.configuration, "4", "the credentials are wrong"))),
            AnswerCase(
                "a number", VonageSMSAccount.answer(200, #"{"messages":[{"status":7,"error-text":["?"]}]}"#),
                means: .rejected(failure(.blocked, "7", "the number is barred"))),
            AnswerCase(
                "an echo of the secrets",
                refusal("4", text: "\(VonageSMSAccount.secret) \(VonageSMSAccount.credentials)"),
                means: .rejected(failure(.configuration, "4", "••• •••"))),
        ]
        try VonageSMSAccount.kit().check(answers: cases, to: content("Hi"))
    }

    @Test func answersWithoutACode() throws {
        let strange = "without messages in it: is base_url the provider's, or is a proxy between?"
        let unread = "without an explanation that can be read"
        func answer(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
            VonageSMSAccount.answer(status, body, headers)
        }
        try VonageSMSAccount.kit().check(
            answers: [
                AnswerCase(
                    "somebody else's success", answer(200, "<html>"),
                    means: .uncertain(failure(.other, "http_200", "HTTP 200 \(strange)"))),
                AnswerCase(
                    "no messages", answer(200, #"{"messages":[]}"#),
                    means: .uncertain(failure(.other, "http_200", "HTTP 200 \(strange)"))),
                AnswerCase(
                    "no status", answer(200, #"{"messages":[{"message-id":"a"}]}"#),
                    means: .uncertain(
                        failure(.other, "http_200", "HTTP 200 " + strange.replacing("messages", with: "a status")))),
                AnswerCase(
                    "429", answer(429, "", ["Retry-After": "7"]),
                    means: .throttled(failure(.rateLimit, "http_429", "HTTP 429 \(unread)"), after: .seconds(7))),
                AnswerCase(
                    "401", answer(401, "{}"),
                    means: .rejected(failure(.configuration, "http_401", "HTTP 401 \(unread)"))),
                AnswerCase(
                    "503", answer(503, ""), means: .retry(failure(.transient, "http_503", "HTTP 503 \(unread)"))),
                AnswerCase(
                    "500", answer(500, ""), means: .uncertain(failure(.transient, "http_500", "HTTP 500 \(unread)"))),
            ], to: content("Hi"))
    }

    @Test func whatVonageTook() throws {
        func answer(_ statuses: (String, String)...) -> HTTPResponse {
            let messages = statuses.map { #"{"to":"15551230001","message-id":"\#($0.0)","status":"\#($0.1)"}"# }
            return VonageSMSAccount.answer(
                200, #"{"message-count":"\#(statuses.count)","messages":[\#(messages.joined(separator: ","))]}"#)
        }
        func taken(
            _ id: String?, _ status: StatusName = "queued", parts: [String] = [], segments: Int
        ) -> DeliveryOutcome {
            .accepted(Acceptance(providerMessageID: id, status: status, parts: parts, segments: segments))
        }
        let kit = try VonageSMSAccount.kit()
        kit.check(
            answers: [
                AnswerCase("one", answer(("a", "0")), means: taken("a", segments: 1)),
                AnswerCase("one without an id", answer(("", "0")), means: taken(nil, segments: 1)),
                AnswerCase("more than we counted", answer(("a", "0"), ("b", "0")), means: taken("a", segments: 2)),
            ], to: content("Hi"))
        kit.check(
            answers: [
                AnswerCase("two", answer(("a", "0"), ("b", "0")), means: taken("a", parts: ["a", "b"], segments: 2)),
                AnswerCase("fewer than we counted", answer(("a", "0")), means: taken("a", parts: ["a"], segments: 1)),
                // The part that was refused is never reported on, so the whole stays failed.
                AnswerCase(
                    "one of two", answer(("a", "0"), ("", "1")),
                    means: taken("a", "failed", parts: ["a", "a/2"], segments: 2)),
                AnswerCase(
                    "the other", answer(("", "5"), ("b", "0")),
                    means: taken("b", "failed", parts: ["b/1", "b"], segments: 2)),
                AnswerCase(
                    "none", answer(("", "1"), ("", "5")),
                    means: .throttled(failure(.rateLimit, "1", "faster than the account may send"))),
            ], to: content(String(repeating: "ж", count: 71)))
    }

    @Test(
        arguments: [
            (["api_key": nil], ["api_key"]), (["api_key": .string("a:b")], ["api_key"]),
            (["api_secret": nil], ["api_secret"]), (["api_secret": .secret(Secret(""))], ["api_secret"]),
            (["from": nil], ["from"]), (["from": .string("A name that is too long")], ["from"]),
            (["signature_secret": nil], ["signature_secret"]),
            (["signature_secret": .secret(Secret(""))], ["signature_secret"]),
            (["validity_period": .duration(.seconds(19))], ["validity_period"]),
            (["validity_period": .duration(.seconds(7 * 86_400 + 1))], ["validity_period"]),
            (["base_url": .string("https://a.example/?x=1")], ["base_url"]),
            (["api_key": nil, "from": nil, "signature_secret": nil], ["api_key", "from", "signature_secret"]),
        ] as [([String: SettingValue?], [String])])
    func badSettingsAreAllExplained(changes: [String: SettingValue?], settings: [String]) {
        let refusal = #expect(throws: ConfigurationProblems.self) { try VonageSMSAccount.kit(changes) }
        #expect(refusal?.problems.map(\.setting) == settings)
        #expect(!"\(String(describing: refusal))".contains(VonageSMSAccount.secret))
    }

    @Test func contentIsCheckedBeforeItIsAccepted() throws {
        let kit = try VonageSMSAccount.kit(["base_url": nil, "signature_method": nil])
        kit.checkDescriptor()
        kit.check(contents: [
            ContentCase("text", content("Hi")), ContentCase("nothing", content(""), problemsAt: ["body"]),
            ContentCase("the longest", content(String(repeating: "ж", count: 3200))),
            ContentCase("too long", content(String(repeating: "a", count: 3201)), problemsAt: ["body"]),
            ContentCase(
                "media", content("Look", ["media_url": "https://a.example/1.png"]), problemsAt: ["options.media_url"]),
            ContentCase(
                "everything at once", MessageContent(recipient: "x", body: "", options: ["from": "?"]),
                problemsAt: ["to", "body", "options.from"]),
        ])
    }
}
