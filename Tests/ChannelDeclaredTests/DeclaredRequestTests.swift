import ChannelSDK
import ChannelTesting
import ConfigurationFile
import Foundation
import Logging
import Testing

/// The requests and webhooks of the corpus' declaration that has every key.
@Suite struct DeclaredRequestTests {
    private static let delivery = DeliveryID("0190163d-8694-739b-aea5-966c26f8ad90.1")!

    private static func module() throws -> ChannelModule {
        let path = Example.root.appending(path: "Tests/ConfigurationCorpus/good/declared.yaml").path()
        let loaded = ConfigurationLoader(modules: [], environment: ["AUTH_TOKEN": "x"]).load(path: path)
        return try #require(loaded.configuration).modules[0]
    }

    private static func channel(_ changes: [String: SettingValue] = [:]) throws -> any RunningChannel {
        let settings: [String: SettingValue] = [
            "base_url": .string("https://api.acme.example/v1"), "user": .string("Ada"),
            "password": .secret(Secret("open:sesame")), "key": .secret(Secret("signs")), "level": .integer(3),
            "live": .boolean(true), "validity": .duration(.seconds(60)), "mode": .string("a&b=c"),
            "labels": .list(["x", "\"y\""]),
        ]
        let host = ChannelHost(
            channel: "acme", publicURL: "https://notify.example.com",
            transport: ScriptedTransport(answer: { _ in .success(HTTPResponse(status: 200)) }), cache: EmptyCache(),
            rateLimiter: UnlimitedRateLimiter(), clock: HeldClock(at: Timestamp(seconds: 0)),
            logger: .init(label: "test"))
        return try module().instance(
            ChannelConfiguration(provider: "acme", values: settings.merging(changes) { $1 }), host)
    }

    private static func message(_ content: MessageContent) -> OutboundMessage {
        OutboundMessage(
            delivery: delivery, account: "acme", content: content, attempt: 1,
            webhookURL: "https://notify.example.com/webhooks/acme?delivery=\(delivery)")
    }

    private static let content = MessageContent(
        recipient: "#a/b ü", body: "Hi", subject: "S", options: ["topic": "t?1"])

    @Test func `each value is escaped for its place`() throws {
        let client = try #require(try Self.channel().delivery as? any HTTPDeliveryClient)
        #expect(client.isIdempotent)
        let request = try client.request(for: Self.message(Self.content))
        #expect(request.method == "PUT")
        #expect(request.url == "https://api.acme.example/v1/%23a%2Fb%20%C3%BC/t%3F1?mode=a%26b%3Dc")
        #expect(request.headers["Authorization"] == "Basic QWRhOm9wZW46c2VzYW1l")
        #expect(request.headers["X-Repeat"] == Self.delivery.description)
        #expect(request.headers["X-Subject"] == "S")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"text":"Hi","level":3,"labels":["x","\"y\""],"nested":[{"live":true,"factor":-1.5,"none":null,"#
                + #""word":"no","empty":"","on":true}]}"#)
    }

    /// Whatever a message is, its request goes to the same host, has the same headers, and its JSON has the same shape.
    @Test func `nothing in a message changes the request around it`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let channel = try Self.channel()
        let client = try #require(channel.delivery as? any HTTPDeliveryClient)
        let pieces = [
            "\"", "\\", "\r\n", "/", "..", "?", "#", "&", "=", "%", "@", ":", "{{to}}", "\u{0}", "é", "🎉", " ", "a",
        ]
        var written = 0
        for _ in 0..<500 {
            func text() -> String {
                (0..<Int.random(in: 1...6, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
            }
            let content = MessageContent(
                recipient: "#" + text(), body: text(), subject: text(), options: ["topic": text()])
            guard channel.validate(content).isEmpty else { continue }
            let request = try client.request(for: Self.message(content))
            written += 1
            #expect(request.url.hasPrefix("https://api.acme.example/v1/"), "seed \(seed)")
            #expect(request.url.split(separator: "/").count == 5, "seed \(seed): \(request.url)")
            #expect(request.url.hasSuffix("?mode=a%26b%3Dc") && request.url.count { $0 == "?" } == 1, "seed \(seed)")
            #expect(request.headers.fields.allSatisfy { !$0.value.contains("\n") && !$0.value.contains("\r") })
            let object = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
            #expect(object?["text"] as? String == content.body, "seed \(seed)")
            #expect(object?.count == 4, "seed \(seed)")
        }
        #expect(written > 100, "seed \(seed): most messages were refused, so little was shown")
    }

    @Test func `what a message must have`() throws {
        let channel = try Self.channel()
        func fields(_ content: MessageContent) -> [String] { channel.validate(content).map(\.field) }
        #expect(fields(Self.content).isEmpty)
        #expect(fields(MessageContent(recipient: "a", body: "Hi")) == ["to", "subject", "options.topic"])
        var content = Self.content
        content.options["topic"] = ".."
        #expect(fields(content) == ["to"])
        content = Self.content
        content.subject = "a\nb"
        #expect(fields(content) == ["subject"])
    }

    @Test(arguments: ["https://user:pw@api.example", "https://api.example/?a=1", "https://api.example/#x"])
    func `an address to which nothing can be added is refused`(_ url: String) {
        #expect(throws: ConfigurationProblems.self) { try Self.channel(["base_url": .string(url)]) }
    }

    @Test func `empty secrets are refused`() {
        #expect(throws: ConfigurationProblems.self) { try Self.channel(["key": .secret(Secret(""))]) }
    }

    @Test(
        arguments: [
            (200, "", .accepted(Acceptance(providerMessageID: "m", status: "queued"))),
            (
                200, #"{"code":9}"#, .rejected(DeliveryFailure(.other, code: "9", message: #"{"code":9}"#))
            ),
            (404, #"{"code":1}"#, .rejected(DeliveryFailure(.recipient, code: "1", message: #"{"code":1}"#))),
            (409, "", .accepted(Acceptance(providerMessageID: "m", status: "queued"))),
            (500, "", .retry(DeliveryFailure(.transient, code: "http_500", message: "HTTP 500"))),
            (
                503, #"{"code":9,"wait":3}"#,
                .retry(DeliveryFailure(.transient, code: "9", message: #"{"code":9,"wait":3}"#), after: .seconds(3))
            ),
        ] as [(Int, String, DeliveryOutcome)])
    func `codes come first, then statuses, then classes`(_ status: Int, _ body: String, _ outcome: DeliveryOutcome)
        throws
    {
        let client = try #require(try Self.channel().delivery as? any HTTPDeliveryClient)
        let response = HTTPResponse(status: status, headers: ["X-Message": "m"], body: Array(body.utf8))
        #expect(client.outcome(of: response, for: Self.message(Self.content)) == outcome)
    }

    @Test func `a list that lies deep, a time in milliseconds, and an open`() throws {
        let channel = try Self.channel()
        func parse(_ body: String) throws -> [StatusReport] {
            try channel.webhooks.parse(
                WebhookRequest(
                    method: "POST", url: "https://notify.example.com/webhooks/acme?delivery=\(Self.delivery)",
                    headers: [:], body: Array(body.utf8), receivedAt: Timestamp(seconds: 0))
            ).reports
        }
        let events = #"{"a/b":[[{"status":"bad","time":1500,"id":"m"},{"status":"opened"},{"status":"test"}]]}"#
        #expect(
            try parse(events) == [
                StatusReport(
                    delivery: Self.delivery, providerMessageID: "m", kind: .status("failed"),
                    occurredAt: Timestamp(milliseconds: 1500)),
                StatusReport(delivery: Self.delivery, kind: .engagement("opened")),
            ])
        #expect(throws: WebhookRefusal.self) { try parse(#"{"a/b":[]}"#) }
    }
}
