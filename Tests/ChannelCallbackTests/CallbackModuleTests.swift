import ChannelCallback
import ChannelSDK
import ChannelTesting
import Testing

@Suite(.timeLimit(.minutes(10))) struct CallbackModuleTests {
    static let now = Timestamp(seconds: 1_767_323_045)
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    static let another = "whsec_C2FtcGxlLXNlY3JldC10by1yb3RhdGUtaW50byE="
    static let url = "https://apps.example.com/hooks?tenant=7"

    private func kit(
        url: String = url, secret: String = secret, networks: [String] = []
    ) throws -> ChannelTestKit<CallbackModule> {
        try ChannelTestKit(
            provider: "http",
            settings: ["url": .string(url), "secret": .secret(Secret(secret)), "allow_networks": .list(networks)],
            now: Self.now)
    }

    /// About the delivery that every message of the kit belongs to.
    private func event(_ kit: ChannelTestKit<CallbackModule>) -> MessageContent {
        MessageContent(
            recipient: "orders", body: #"{"specversion":"1.0","id":"\#(kit.delivery)/delivered","data":{}}"#,
            options: ["event_id": "\(kit.delivery)/delivered"])
    }

    @Test func describesItself() throws { try kit().checkDescriptor() }

    @Test func contents() throws {
        let kit = try kit()
        kit.check(contents: [
            ContentCase("an event", event(kit)),
            ContentCase("no event", MessageContent(recipient: "orders", body: "hi"), problemsAt: ["options.event_id"]),
        ])
    }

    @Test(arguments: [[secret], [secret, another]]) func requests(secrets: [String]) throws {
        let kit = try kit(secret: secrets.joined(separator: " "))
        let id = "\(kit.delivery)/delivered".replacing(".", with: "_")
        let body = Array(event(kit).body.utf8)
        let signatures = try secrets.map {
            try StandardWebhooks(key: Secret($0)).sign(id: id, timestamp: Self.now, body: body)
        }
        kit.check(requests: [
            RequestCase(
                "an event", event(kit),
                becomes: HTTPRequest(
                    url: Self.url,
                    headers: [
                        "webhook-id": id, "webhook-timestamp": "1767323045",
                        "webhook-signature": signatures.joined(separator: " "),
                        "content-type": "application/cloudevents+json; charset=utf-8",
                    ], body: body))
        ])
    }

    /// Whoever has one of the secrets can verify: nothing breaks while one replaces another.
    @Test(arguments: [secret, another]) func eachSecretVerifies(secret: String) throws {
        let kit = try kit(secret: "\(Self.secret) \(Self.another)")
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let request = try client.request(for: kit.message(event(kit)))
        let received = WebhookRequest(
            method: "POST", url: Self.url, headers: request.headers, body: request.body, receivedAt: Self.now)
        #expect(try StandardWebhooks(key: Secret(secret)).verify(received, now: Self.now) == .genuine)
    }

    /// Each attempt has the same id, and a signature of its own.
    @Test func reachesThePublicInternetOnly() throws {
        let kit = try kit(networks: ["10.1.0.0/16"])
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let request = try client.request(for: kit.message(event(kit)))
        let network = try #require(IPNetwork("10.1.0.0/16"))
        #expect(request.reach == .publicInternet(besides: [network]))
        #expect(request.answerLimit == 16 << 10)
        #expect(client.isIdempotent)
    }

    @Test func answers() throws {
        let kit = try kit()
        kit.check(
            answers: [
                Self.case(200, means: Self.delivered), Self.case(204, means: Self.delivered),
                Self.case(202, "queued", means: Self.delivered),
                Self.case(400, "no such field", means: .rejected(Self.failure(.content, 400, ": no such field"))),
                Self.case(422, means: .rejected(Self.failure(.content, 422))),
                Self.case(413, means: .rejected(Self.failure(.content, 413))),
                Self.case(401, means: .retry(Self.failure(.configuration, 401))),
                Self.case(404, means: .retry(Self.failure(.configuration, 404))),
                Self.case(
                    302, headers: ["Location": "http://169.254.169.254/"],
                    means: .retry(Self.failure(.configuration, 302, ": redirects are not followed"))),
                Self.case(409, means: .retry(Self.failure(.transient, 409))),
                Self.case(429, means: .throttled(Self.failure(.rateLimit, 429))),
                Self.case(
                    429, headers: ["Retry-After": "90"],
                    means: .throttled(Self.failure(.rateLimit, 429), after: .seconds(90))),
                Self.case(
                    500, "oops\r\n\u{1B}[31m\u{202E} at  line\t7", means: Self.retry(500, ": oops [31m at line 7")),
                Self.case(503, means: Self.retry(503)),
                Self.case(
                    503, headers: ["retry-after": "Fri, 02 Jan 2026 03:05:45 GMT"],
                    means: .throttled(Self.failure(.transient, 503), after: .seconds(100))),
                Self.case(
                    503, headers: ["Retry-After": "99999999999999"],
                    means: .throttled(Self.failure(.transient, 503), after: .seconds(3600))),
                Self.case(503, headers: ["Retry-After": "soon"], means: Self.retry(503)),
                Self.case(503, headers: ["Retry-After": "-1"], means: Self.retry(503)),
                Self.case(599, means: Self.retry(599)), Self.case(0, means: Self.retry(0)),
            ], to: event(kit))
    }

    @Test func anExcerptIsShort() throws {
        let kit = try kit()
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let long = Array(String(repeating: "é", count: 5000).utf8)
        let outcome = client.outcome(of: HTTPResponse(status: 500, body: long), for: kit.message(event(kit)))
        let expected = Self.failure(.transient, 500, ": " + String(repeating: "é", count: 200))
        #expect(outcome == .retry(expected))
    }

    /// Some put a token into the URL.
    @Test func anExcerptHasNoTokenOfTheURL() throws {
        let kit = try kit(url: "https://apps.example.com/hooks/0123456789abcdef?token=fedcba9876543210")
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let echo = Array("POST /hooks/0123456789abcdef?token=fedcba9876543210".utf8)
        let outcome = client.outcome(of: HTTPResponse(status: 500, body: echo), for: kit.message(event(kit)))
        #expect(outcome == Self.retry(500, ": POST /hooks/•••?token=•••"))
    }

    /// After 410 nothing goes there: what is still to come is rejected without a request.
    @Test func goneIsGone() throws {
        let kit = try kit()
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let message = kit.message(event(kit))
        _ = try client.request(for: message)
        let outcome = client.outcome(of: HTTPResponse(status: 410), for: message)
        guard case .rejected(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.code == "gone")
        #expect(throws: failure) { try client.request(for: message) }
    }

    @Test func anAddressThatIsNotAllowedIsFinal() throws {
        let kit = try kit()
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let failure = TransportFailure(reason: .forbiddenAddress, mayHaveBeenSent: false, message: "not there")
        #expect(
            client.outcome(of: failure)
                == .rejected(DeliveryFailure(.configuration, code: "forbidden_address", message: "not there")))
    }

    private static let delivered = DeliveryOutcome.accepted(Acceptance(providerMessageID: nil, status: "delivered"))

    private static func retry(_ status: Int, _ words: String = "") -> DeliveryOutcome {
        .retry(failure(.transient, status, words))
    }

    private static func failure(_ kind: DeliveryFailure.Kind, _ status: Int, _ words: String = "") -> DeliveryFailure {
        DeliveryFailure(kind, code: "http_\(status)", message: "the application answered \(status)\(words)")
    }

    private static func `case`(
        _ status: Int, _ body: String = "", headers: HTTPHeaders = [:], means outcome: DeliveryOutcome,
        line: Int = #line
    ) -> AnswerCase {
        AnswerCase(
            "\(status) \(headers.fields.map(\.value))",
            HTTPResponse(status: status, headers: headers, body: Array(body.utf8)), means: outcome,
            line: line)
    }
}

@Suite struct CallbackSettingsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let url: String
        var networks: [String] = []
        var secret = CallbackModuleTests.secret
        /// The settings that are wrong.
        var wrong: [String] = []

        var testDescription: String { "\(url) \(networks)" }
    }

    @Test(arguments: [
        Case(url: "https://apps.example.com/hooks"), Case(url: "HTTPS://apps.example.com"),
        Case(url: "https://10.0.0.1/x"),  // refused where it is connected to
        Case(url: "http://127.0.0.1:8080/x", networks: ["127.0.0.0/8"]),
        Case(url: "http://[::1]:8080/x", networks: ["::1"]),
        Case(url: "http://127.0.0.1:8080/x", wrong: ["url"]),
        Case(url: "http://127.0.0.1:8080/x", networks: ["10.0.0.0/8"], wrong: ["url"]),
        Case(url: "http://localhost:8080/x", networks: ["127.0.0.0/8"], wrong: ["url"]),
        Case(url: "http://127.0.0.1.example.com/x", networks: ["0.0.0.0/0"], wrong: ["url"]),
        Case(url: "http://apps.example.com/x", networks: ["0.0.0.0/0"], wrong: ["url"]),
        Case(url: "http://10.0.0.1/x", networks: ["10.0.0.0/8"], wrong: ["url"]),
        Case(url: "http://127.0.0.1:80@apps.example.com/", networks: ["127.0.0.1"], wrong: ["url"]),
        Case(url: "https://user:hush@apps.example.com/", wrong: ["url"]),
        Case(url: "ftp://apps.example.com/", wrong: ["url"]),
        Case(url: "https://apps.example.com/#x", wrong: ["url"]),
        Case(url: "https://apps.example.com/", networks: ["10.0.0.1/8"], wrong: ["allow_networks"]),
        Case(url: "https://apps.example.com/", secret: "hush", wrong: ["secret"]),
        Case(url: "https://apps.example.com/", secret: " ", wrong: ["secret"]),
        Case(
            url: "https://apps.example.com/", secret: "whpk_6G5WOlQ6WC/WHWPxUEPCIcVPuj1tEwYaXmXWS7YiIdk=",
            wrong: ["secret"]),
    ])
    func settings(_ one: Case) throws {
        var wrong: [String] = []
        do {
            _ = try ChannelTestKit<CallbackModule>(
                provider: "http",
                settings: [
                    "url": .string(one.url), "secret": .secret(Secret(one.secret)),
                    "allow_networks": .list(one.networks),
                ])
        } catch let problems as ConfigurationProblems {
            wrong = problems.problems.map(\.setting)
            #expect(one.secret.count < 2 || !problems.problems.contains { $0.message.contains(one.secret) })
        }
        #expect(wrong == one.wrong)
    }
}
