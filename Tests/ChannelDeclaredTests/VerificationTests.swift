import ChannelSDK
import ChannelTesting
import ConfigurationFile
import Logging
import Testing

/// Every scheme of `verification`, from the file to the verdict.
@Suite struct VerificationTests {
    private static let key = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
    private static let now = Timestamp(seconds: 1_767_323_045)

    private static func channel(_ scheme: String) throws -> any RunningChannel {
        let yaml = """
            modules:
              acme:
                summary: Messages through Acme.
                settings:
                  key: { kind: secret, required: true, help: The key. }
                  user: { required: true, help: The user. }
                request: { url: "https://acme.example/", json: { text: "{{body}}", report: "{{webhook_url}}" } }
                statuses: { sent: progress, delivered: goal }
                answer: { id: /id }
                webhook:
                  verification: { \(scheme) }
                  id: /id
                  status: /status
                  statuses: { ok: delivered }
            channels:
              one: { module: acme, settings: { key: "${KEY}", user: ada } }
            """
        let loaded = Example.load(yaml: yaml, ["KEY": key])
        let configuration = try #require(loaded.configuration, "\(loaded.report)")
        let host = ChannelHost(
            channel: "one", publicURL: "https://notify.example.com",
            transport: ScriptedTransport(answer: { _ in .success(HTTPResponse(status: 200)) }), cache: EmptyCache(),
            rateLimiter: UnlimitedRateLimiter(), clock: HeldClock(at: now), logger: .init(label: "test"))
        return try configuration.modules[0].instance(configuration.channels[0].configuration, host)
    }

    private static func verification(_ scheme: String) throws -> WebhookVerification {
        try channel(scheme).webhooks.verification
    }

    private static func request(_ headers: HTTPHeaders = [:], query: String = "") -> WebhookRequest {
        WebhookRequest(
            method: "POST", url: "https://notify.example.com/webhooks/one\(query)", headers: headers,
            body: Array(#"{"id":"m","status":"ok"}"#.utf8), receivedAt: now)
    }

    @Test(arguments: [
        ("scheme: bearer, secret: key", request(["Authorization": "Bearer \(key)"])),
        ("scheme: header, secret: key, header: X-Key", request(["X-Key": key])),
        ("scheme: query, secret: key", request(query: "?secret=\(key)")),
        ("scheme: query, secret: key, query: k", request(query: "?delivery=x&k=\(key)")),
        (
            "scheme: basic, username: user, password: key",
            request(["Authorization": BasicAuthentication(username: "ada", password: Secret(key)).headerValue.revealed])
        ),
        (
            "scheme: hmac, secret: key, header: X-Sign, hash: sha1, encoding: base64, prefix: 'a='",
            request([
                "X-Sign": HMACSignature(
                    header: "X-Sign", prefix: "a=", key: Secret(key), hash: .sha1, encoding: .base64
                ).signature(of: request().body)
            ])
        ),
        (
            "scheme: hmac, secret: key, header: X-Sign, basis: '{{url}}{{body}}'",
            request([
                "X-Sign": HMACContentSignature(header: "X-Sign", key: Secret(key), content: [.url, .body])
                    .signature(of: request())
            ])
        ),
        (
            "scheme: standard_webhooks, secret: key, headers: svix",
            request(
                (try? StandardWebhooks(key: Secret(key), headers: .svix)
                    .signedHeaders(id: "1", timestamp: now, body: request().body)) ?? [:])
        ),
    ])
    func `what the provider proves is genuine, and nothing else`(_ scheme: String, _ genuine: WebhookRequest)
        async throws
    {
        guard case .scheme(let verifier) = try Self.verification(scheme) else {
            Issue.record("there is no scheme")
            return
        }
        #expect(await verifier.verify(genuine, now: Self.now) == .genuine)
        let others = [
            Self.request(), Self.request(["Authorization": "Bearer "]), Self.request(["Authorization": Self.key]),
            Self.request(["X-Key": ""]), Self.request(["X-Sign": ""]), Self.request(query: "?secret="),
            Self.request(["X-Key": Self.key.uppercased()]), Self.request(query: "?secret=\(Self.key)x"),
        ]
        for other in others {
            let verdict = await verifier.verify(other, now: Self.now)
            #expect(verdict != .genuine)
            #expect(!"\(verdict)".contains(Self.key))
        }
        var text = ""
        dump(verifier, to: &text)
        #expect(!text.contains(Self.key))
    }

    @Test func `none needs its reason, and says it`() throws {
        guard case .none(let reason) = try Self.verification("scheme: none, reason: It runs in our own network.") else {
            Issue.record("there is a scheme")
            return
        }
        #expect(reason == "It runs in our own network.")
    }

    @Test func `the address that the provider is given brings its secret along`() throws {
        let message = OutboundMessage(
            delivery: DeliveryID("0190163d-8694-739b-aea5-966c26f8ad90.1")!, account: "acme",
            content: MessageContent(recipient: "Ada", body: "Hi"), attempt: 1,
            webhookURL: "https://notify.example.com/webhooks/one?delivery=1")
        func report(_ scheme: String) throws -> String {
            let client = try #require(try Self.channel(scheme).delivery as? any HTTPDeliveryClient)
            return String(decoding: try client.request(for: message).body, as: UTF8.self)
        }
        let url = #"{"text":"Hi","report":"https://notify.example.com/webhooks/one?delivery=1"#
        #expect(try report("scheme: query, secret: key, query: k") == url + #"&k=\#(Self.key)"}"#)
        #expect(try report("scheme: bearer, secret: key") == url + #""}"#)
    }
}
