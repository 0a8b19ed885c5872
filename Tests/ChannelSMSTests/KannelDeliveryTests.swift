import ChannelSDK
import ChannelSMS
import ChannelTesting
import FoundationEssentials
import Testing

@Suite struct KannelDeliveryTests {
    private let report =
        "&dlr-mask=31&dlr-url=https%3A%2F%2Fnotify.example.com%2Fwebhooks%2Funder-test%3Fdelivery%3D"
        + "0190163d-8694-739b-aea5-966c26f8ad90.1%26secret%3D0123456789-abc.%7E%26status%3D%25d%26ts%3D%25T%26answer%3D%25A"

    private func content(_ body: String, _ options: [String: String] = [:]) -> MessageContent {
        MessageContent(recipient: "+15551230001", body: body, options: options)
    }

    private func request(_ text: String, from: String = "%2B15551230000", coding: Int = 0, _ more: String = "")
        -> HTTPRequest
    {
        HTTPRequest(
            method: "GET",
            url: "http://127.0.0.1:13013/cgi-bin/sendsms?username=tester&password=foo+bar%26baz&from=\(from)"
                + "&to=%2B15551230001&text=\(text)&charset=UTF-8&coding=\(coding)\(report)\(more)")
    }

    @Test func requests() throws {
        try KannelAccount.kit(["base_url": nil, "max_messages": nil]).check(requests: [
            RequestCase("text", content("Hi there"), becomes: request("Hi+there")),
            RequestCase("the extension table", content("[€]"), becomes: request("%5B%E2%82%AC%5D")),
            RequestCase(
                "any text", content("a&b=c+d %ж🎉\n"),
                becomes: request("a%26b%3Dc%2Bd+%25%D0%B6%F0%9F%8E%89%0A", coding: 2)),
            RequestCase(
                "a sender of its own", content("Hi", ["from": "ACME 1", "unheard_of": "x"]),
                becomes: request("Hi", from: "ACME+1")),
        ])
        let elsewhere = try KannelAccount.kit([
            "smsc": .string("FAKE"), "validity_period": .duration(.seconds(5400)),
            "base_url": .string("http://127.0.0.1:13013/"),
        ])
        elsewhere.check(requests: [
            RequestCase("by a route", content("Hi"), becomes: request("Hi", "&smsc=FAKE&validity=90"))
        ])
    }

    @Test func withoutASecretTheAddressHasNone() throws {
        let kit = try KannelAccount.kit(["webhook_secret": nil, "base_url": nil, "max_messages": nil])
        let bare = request("Hi")
        kit.check(requests: [
            RequestCase(
                "text", content("Hi"),
                becomes: HTTPRequest(
                    method: "GET", url: bare.url.replacing("%26secret%3D0123456789-abc.%7E", with: "")))
        ])
    }

    private struct Fixture: Decodable {
        struct Request: Decodable {
            let text, query: String
            let segments: Int
        }

        let requests: [Request]
    }

    /// Those that the integration tests send to a real Kannel.
    @Test func requestsThatKannelTakes() throws {
        let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: "/\(tests)/Fixtures/kannel-requests.json"))
        let rows = try JSONDecoder().decode(Fixture.self, from: data).requests
        #expect(rows.count == 4)
        try KannelAccount.kit(["password": .secret(Secret("foobar"))]).check(
            requests: rows.map { row in
                RequestCase(
                    String(row.text.prefix(20)), content(row.text),
                    becomes: HTTPRequest(method: "GET", url: "http://127.0.0.1:13013/cgi-bin/sendsms?\(row.query)"))
            })
        for row in rows { #expect(SMSSegments(of: row.text).count == row.segments) }
    }

    private func failure(_ kind: DeliveryFailure.Kind, _ code: String, _ message: String) -> DeliveryFailure {
        DeliveryFailure(kind, code: code, message: message)
    }

    @Test func answers() throws {
        let accepted = DeliveryOutcome.accepted(Acceptance(providerMessageID: nil, status: "queued", segments: 1))
        func refused(_ status: Int, _ words: String, _ kind: DeliveryFailure.Kind, _ code: String) -> AnswerCase {
            AnswerCase(words, KannelAccount.answer(status, words), means: .rejected(failure(kind, code, words)))
        }
        let later = "Temporal failure, try again later."
        let strange =
            "HTTP 202 without '0: Accepted for delivery' in it: is base_url the provider's, or is a proxy between?"
        try KannelAccount.kit().check(
            answers: [
                AnswerCase("taken", KannelAccount.answer(202, "0: Accepted for delivery"), means: accepted),
                AnswerCase("waiting", KannelAccount.answer(202, "3: Queued for later delivery"), means: accepted),
                AnswerCase(
                    "somebody else's success", KannelAccount.answer(202, "<html>"),
                    means: .uncertain(failure(.other, "http_202", strange))),
                AnswerCase(
                    "nothing", KannelAccount.answer(202, ""),
                    means: .uncertain(failure(.other, "http_202", strange))),
                refused(403, "Authorization failed for sendsms", .configuration, "authorization"),
                refused(403, "Not routable. Do not try again.", .recipient, "not_routable"),
                refused(
                    400, "Number(s) has/have been denied by white- and/or black-lists.", .blocked, "denied"),
                refused(400, "Sender missing and no global set, rejected", .configuration, "sender"),
                refused(400, "Missing receiver number, rejected", .other, "http_400"),
                refused(404, "Not found", .configuration, "http_404"),
                refused(500, "Sending failed.", .other, "failed"),
                AnswerCase(
                    "later", KannelAccount.answer(503, later, ["Retry-After": "9"]),
                    means: .retry(failure(.transient, "http_503", later), after: .seconds(9))),
                AnswerCase(
                    "another fault", KannelAccount.answer(500, "Oh\n"),
                    means: .uncertain(failure(.transient, "http_500", "Oh"))),
                AnswerCase(
                    "a proxy's page", KannelAccount.answer(502, "<html>"),
                    means: .uncertain(
                        failure(.transient, "http_502", "HTTP 502 without an explanation that can be read"))),
                AnswerCase(
                    "an echo of the secrets",
                    KannelAccount.answer(400, "\(KannelAccount.password) foo%20bar%26baz \(KannelAccount.secret)"),
                    means: .rejected(failure(.other, "http_400", "••• ••• •••"))),
            ], to: content("Hi"))
    }

    @Test(
        arguments: [
            (["username": nil], ["username"]), (["password": nil], ["password"]),
            (["password": .secret(Secret(""))], ["password"]), (["from": nil], ["from"]),
            (["from": .string("A name that is too long")], ["from"]),
            (["webhook_secret": .secret(Secret("0123456789-abc."))], ["webhook_secret"]),
            (["webhook_secret": .secret(Secret("0123456789-abc.%d"))], ["webhook_secret"]),
            (["webhook_secret": .secret(Secret("0123456789-abc.é"))], ["webhook_secret"]),
            (["validity_period": .duration(.seconds(59))], ["validity_period"]),
            (["validity_period": .duration(.seconds(7 * 86_400 + 1))], ["validity_period"]),
            (["base_url": .string("http://a.example/?x=1")], ["base_url"]),
            (["allowed_addresses": .list([])], ["allowed_addresses"]),
            (
                ["allowed_addresses": .list(["10.0.0.1/8", "kannel", "::1"])],
                ["allowed_addresses", "allowed_addresses"]
            ),
            (
                ["username": nil, "webhook_secret": .secret(Secret("x")), "from": nil],
                ["username", "webhook_secret", "from"]
            ),
        ] as [([String: SettingValue?], [String])])
    func badSettingsAreAllExplained(changes: [String: SettingValue?], settings: [String]) {
        let refusal = #expect(throws: ConfigurationProblems.self) { try KannelAccount.kit(changes) }
        #expect(refusal?.problems.map(\.setting) == settings)
        #expect(!"\(String(describing: refusal))".contains(KannelAccount.password))
    }

    @Test func contentIsCheckedBeforeItIsAccepted() throws {
        let kit = try KannelAccount.kit()
        kit.checkDescriptor()
        func text(_ count: Int, _ character: Character = "a") -> MessageContent {
            content(String(repeating: character, count: count))
        }
        kit.check(contents: [
            ContentCase("text", content("Hi")), ContentCase("nothing", content(""), problemsAt: ["body"]),
            ContentCase("ten segments", text(1530)), ContentCase("eleven", text(1531), problemsAt: ["body"]),
            ContentCase("ten of UCS-2", text(670, "ж")),
            ContentCase("eleven of UCS-2", text(671, "ж"), problemsAt: ["body"]),
            ContentCase(
                "everything at once",
                MessageContent(recipient: "x", body: "", options: ["from": "?", "media_url": "https://a.example/1"]),
                problemsAt: ["to", "body", "options.from", "options.media_url"]),
        ])
        try KannelAccount.kit(["max_messages": .integer(1)]).check(contents: [
            ContentCase("one segment", text(160)), ContentCase("two", text(161), problemsAt: ["body"]),
            ContentCase("one of UCS-2", text(70, "ж")),
            ContentCase("two of UCS-2", text(71, "ж"), problemsAt: ["body"]),
            ContentCase("two of pairs", text(36, "🎉"), problemsAt: ["body"]),
        ])
    }
}
