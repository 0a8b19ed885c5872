import ChannelSDK
import ChannelSMS
import ChannelTesting
import CryptoExtras
import FoundationEssentials
import Testing

@Suite struct VonageMessagesDeliveryTests {
    private static let delivery = "0190163d-8694-739b-aea5-966c26f8ad90.1"

    private func content(_ body: String, _ options: [String: String] = [:]) -> MessageContent {
        MessageContent(recipient: "+15551230001", body: body, options: options)
    }

    private func request(_ text: String, from: String = "15551230000", ttl: String = "", base: String? = nil)
        -> HTTPRequest
    {
        let body =
            #"{"channel":"sms","client_ref":"\#(Self.delivery)","from":"\#(from)","message_type":"text","#
            + #""text":"\#(text)","to":"15551230001",\#(ttl)"webhook_url":"#
            + #""https://notify.example.com/webhooks/under-test","webhook_version":"v1"}"#
        return HTTPRequest(
            method: "POST", url: "\(base ?? "https://api.nexmo.com")/v1/messages",
            headers: [
                "Authorization": "Basic \(VonageMessagesAccount.credentials)", "Content-Type": "application/json",
                "Accept": "application/json",
            ],
            body: Array(body.utf8))
    }

    @Test func requests() throws {
        try VonageMessagesAccount.kit().check(requests: [
            RequestCase("text", content("Hi there"), becomes: request("Hi there")),
            RequestCase("any text", content("\"a/b\"\\ é🎉\n"), becomes: request(#"\"a/b\"\\ é🎉\n"#)),
            RequestCase(
                "a sender of its own", content("Hi", ["from": "ACME", "unheard_of": "x"]),
                becomes: request("Hi", from: "ACME")),
        ])
        let elsewhere = try VonageMessagesAccount.kit([
            "validity_period": .duration(.seconds(90)), "base_url": .string("https://api-eu.vonage.com/"),
        ])
        elsewhere.check(requests: [
            RequestCase(
                "elsewhere", content("Hi"),
                becomes: request("Hi", ttl: #""ttl":90,"#, base: "https://api-eu.vonage.com"))
        ])
    }

    private struct Claims: Decodable {
        let application_id, jti: String
        let iat, exp: Int
    }

    private func token(of request: HTTPRequest) throws -> String {
        let header = try #require(request.headers["Authorization"])
        #expect(header.hasPrefix("Bearer "))
        return String(header.dropFirst(7))
    }

    private func decoded(_ part: Substring) throws -> Data {
        let plain = String(part.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        return try #require(Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)))
    }

    @Test func anApplicationsRequestsCarryItsToken() throws {
        let kit = try VonageMessagesAccount.kit(VonageMessagesAccount.applicationSettings())
        kit.checkDescriptor()
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let token = try token(of: client.request(for: kit.message(content("Hi"))))
        let parts = token.split(separator: ".")
        try #require(parts.count == 3)
        #expect(try String(decoding: decoded(parts[0]), as: UTF8.self) == #"{"alg":"RS256","typ":"JWT"}"#)
        let claims = try JSONDecoder().decode(Claims.self, from: decoded(parts[1]))
        #expect(claims.application_id == VonageMessagesAccount.application)
        #expect(claims.iat == 1_767_323_045)
        #expect(claims.exp == claims.iat + 900)
        let signature = _RSA.Signing.RSASignature(rawRepresentation: try decoded(parts[2]))
        let key = try VonageMessagesAccount.key.get().publicKey
        let signed = Data("\(parts[0]).\(parts[1])".utf8)
        #expect(key.isValidSignature(signature, for: signed, padding: .insecurePKCS1v1_5))
        #expect(!key.isValidSignature(signature, for: signed + [0], padding: .insecurePKCS1v1_5))
        // The same one for the next request, which else is as any other; another one for another host.
        #expect(try self.token(of: client.request(for: kit.message(content("Ho")))) == token)
        let other = try VonageMessagesAccount.kit(VonageMessagesAccount.applicationSettings())
        let stranger = try #require(other.channel.delivery as? any HTTPDeliveryClient)
        #expect(try self.token(of: stranger.request(for: other.message(content("Hi")))) != token)
        var expected = request("Hi")
        expected.headers["Authorization"] = "Bearer \(token)"
        kit.check(requests: [RequestCase("with a token", content("Hi"), becomes: expected)])
        kit.check(
            answers: [
                AnswerCase(
                    "an echo of the token", VonageMessagesAccount.answer(422, #"{"detail":"\#(token)?"}"#),
                    means: .rejected(failure(.other, "http_422", "•••?")))
            ], to: content("Hi"))
    }

    private func failure(_ kind: DeliveryFailure.Kind, _ code: String, _ message: String = "Vonage's words")
        -> DeliveryFailure
    {
        DeliveryFailure(kind, code: code, message: message)
    }

    private func problem(_ status: Int, _ type: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
        VonageMessagesAccount.answer(
            status,
            #"{"type":"https://developer.vonage.com/api-errors/\#(type)","title":"T","detail":"Vonage's words"}"#,
            headers)
    }

    @Test func everyCodeOfVonages() throws {
        var cases: [AnswerCase] = []
        let rejections: [(DeliveryFailure.Kind, [Int])] = [
            (.other, [1010, 1020, 9999]), (.content, [1021, 1022, 1090, 1150]), (.recipient, [1040]),
            (.blocked, [1050]), (.configuration, [1060, 1070, 1080, 1120, 1130, 1140, 1160]),
        ]
        for (kind, codes) in rejections {
            cases += codes.map {
                AnswerCase("\($0)", problem(422, "messages#\($0)"), means: .rejected(failure(kind, "\($0)")))
            }
        }
        cases += [1030, 1100].map {
            AnswerCase("\($0)", problem(500, "messages#\($0)"), means: .retry(failure(.transient, "\($0)")))
        }
        cases += [
            AnswerCase(
                "throttled", problem(429, "messages#1000", ["Retry-After": "3"]),
                means: .throttled(failure(.rateLimit, "1000"), after: .seconds(3))),
            AnswerCase(
                "a number for a title",
                VonageMessagesAccount.answer(422, #"{"type":"about:blank","title":1120,"detail":"Vonage's words"}"#),
                means: .rejected(failure(.configuration, "1120"))),
            AnswerCase(
                "a number in text", VonageMessagesAccount.answer(422, #"{"title":"1120"}"#),
                means: .rejected(failure(.configuration, "1120", "1120"))),
        ]
        try VonageMessagesAccount.kit().check(answers: cases, to: content("Hi"))
    }

    @Test func answers() throws {
        func answer(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
            VonageMessagesAccount.answer(status, body, headers)
        }
        func accepted(_ id: String?) -> DeliveryOutcome {
            .accepted(Acceptance(providerMessageID: id, status: "queued", segments: 1))
        }
        let secrets = "\(VonageMessagesAccount.secret) \(VonageMessagesAccount.credentials)"
        try VonageMessagesAccount.kit().check(
            answers: [
                AnswerCase(
                    "taken", answer(202, #"{"message_uuid":"\#(VonageMessagesAccount.message)"}"#),
                    means: accepted(VonageMessagesAccount.message)),
                AnswerCase("202, cut", answer(202, #"{"message_uuid":"#), means: accepted(nil)),
                AnswerCase("200 with an id", answer(200, #"{"message_uuid":"a"}"#), means: accepted("a")),
                AnswerCase(
                    "somebody else's success", answer(200, "<html>"),
                    means: .uncertain(
                        failure(
                            .other, "http_200",
                            "HTTP 200 without message_uuid in it: is base_url the provider's, or is a proxy between?"
                        ))),
                AnswerCase(
                    "unauthorized", problem(401, "#unauthorized"),
                    means: .rejected(failure(.configuration, "unauthorized"))),
                AnswerCase(
                    "no credit", problem(402, "#low-balance"), means: .rejected(failure(.configuration, "low-balance"))),
                AnswerCase(
                    "an echo of the secrets", answer(422, #"{"title":"T","detail":"\#(secrets)"}"#),
                    means: .rejected(failure(.other, "http_422", "••• •••"))),
                AnswerCase(
                    "429", answer(429, "", ["Retry-After": "7"]),
                    means: .throttled(
                        failure(
                            .rateLimit, "http_429", "HTTP 429 without an explanation that can be read"),
                        after: .seconds(7))),
                AnswerCase(
                    "503", answer(503, #"{"title":"Down"}"#), means: .retry(failure(.transient, "http_503", "Down"))),
                AnswerCase(
                    "500", answer(500, #"{"title":"Oh"}"#), means: .uncertain(failure(.transient, "http_500", "Oh"))),
            ], to: content("Hi"))
    }

    @Test(
        arguments: [
            (["api_key": nil], ["api_key"]), (["api_secret": nil], ["api_secret"]),
            (["api_secret": .secret(Secret(""))], ["api_secret"]), (["from": nil], ["from"]),
            (["application_id": .string(VonageMessagesAccount.application)], ["api_secret"]),
            (["private_key": .secret(Secret("k"))], ["api_secret"]),
            (["api_secret": nil, "application_id": .string(VonageMessagesAccount.application)], ["api_secret"]),
            (
                ["api_secret": nil, "application_id": .string("a\"b"), "private_key": .secret(Secret("k"))],
                ["application_id", "private_key"]
            ),
            (["signature_secret": nil], ["signature_secret"]),
            (["validity_period": .duration(.seconds(19))], ["validity_period"]),
            (["base_url": .string("https://a.example/#x")], ["base_url"]),
            (["api_key": nil, "api_secret": nil, "from": nil], ["api_key", "from", "api_secret"]),
        ] as [([String: SettingValue?], [String])])
    func badSettingsAreAllExplained(changes: [String: SettingValue?], settings: [String]) {
        let refusal = #expect(throws: ConfigurationProblems.self) { try VonageMessagesAccount.kit(changes) }
        #expect(refusal?.problems.map(\.setting) == settings)
        #expect(!"\(String(describing: refusal))".contains(VonageMessagesAccount.secret))
    }

    @Test func contentIsCheckedBeforeItIsAccepted() throws {
        let kit = try VonageMessagesAccount.kit(["base_url": nil])
        kit.checkDescriptor()
        kit.check(contents: [
            ContentCase("text", content("Hi")), ContentCase("nothing", content(""), problemsAt: ["body"]),
            ContentCase("the longest", content(String(repeating: "ж", count: 1000))),
            ContentCase("too long", content(String(repeating: "a", count: 1001)), problemsAt: ["body"]),
            ContentCase(
                "everything at once",
                MessageContent(recipient: "x", body: "", options: ["from": "?", "media_url": "https://a.example/1"]),
                problemsAt: ["to", "body", "options.from", "options.media_url"]),
        ])
    }
}
