import ChannelSDK
import ChannelTesting
import ConfigurationFile
import Foundation
import Synchronization
import Testing

/// Several messages in one request: how they are written, and how the answer is read for each of them.
@Suite(.timeLimit(.minutes(10)))
struct BatchTests {
    private static func module(_ name: String) throws -> ChannelModule {
        let path = Example.root.appending(path: "Tests/ConfigurationCorpus/good/declared-batch.yaml").path()
        let loaded = ConfigurationLoader(modules: [], environment: ["AUTH_TOKEN": "x"]).load(path: path)
        return try #require(loaded.configuration?.modules.first { $0.descriptor.name == name })
    }

    private static func kit(
        _ name: String, _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResult
    ) throws -> ChannelTestKit<any RunningChannel> {
        let settings: [String: SettingValue] =
            name == "listed"
            ? [
                "base_url": .string("https://api.acme.example"), "key": .secret(Secret("key-of-acme")),
                "from": .string("Shop"),
            ] : [:]
        return try ChannelTestKit(module: module(name), provider: name, settings: settings, answer: answer)
    }

    private static func id(_ number: Int) -> DeliveryID {
        DeliveryID(notification: NotificationID(high: 1, low: UInt64(number)), ordinal: 1)
    }

    private static func messages(_ count: Int) -> [OutboundMessage] {
        (1...count).map { number in
            OutboundMessage(
                delivery: id(number), account: "acme",
                content: MessageContent(
                    recipient: "+1555123000\(number)", body: "No. \"\(number)\"",
                    subject: number == 2 ? "Second" : nil, options: number == 3 ? ["note": "third"] : [:]),
                attempt: 1, webhookURL: "https://notify.example.com/webhooks/one?delivery=\(id(number))")
        }
    }

    /// What became of each message, in short.
    private static func outcomes(_ name: String, _ count: Int, _ result: HTTPResult) async throws -> [String] {
        let channel = try kit(name) { _ in result }.channel
        return await channel.delivery.deliver(messages(count)).map(brief)
    }

    private static func brief(_ outcome: DeliveryOutcome) -> String {
        switch outcome {
        case .accepted(let acceptance):
            "accepted "
                + [acceptance.providerMessageID, acceptance.status?.rawValue].compactMap(\.self)
                .joined(separator: " ")
        case .rejected(let failure): "rejected \(failure.kind.rawValue) \(failure.code)"
        case .retry(let failure, let after): "retry \(failure.code)" + (after.map { " after \($0)" } ?? "")
        case .throttled(let failure, let after): "throttled \(failure.code)" + (after.map { " after \($0)" } ?? "")
        case .uncertain(let failure): "uncertain \(failure.code)"
        }
    }

    // MARK: Requests

    private static func request(_ name: String, _ count: Int) async throws -> HTTPRequest {
        let seen = Mutex<[HTTPRequest]>([])
        let channel = try kit(name) { request in
            seen.withLock { $0.append(request) }
            return .success(HTTPResponse(status: 200))
        }.channel
        _ = await channel.delivery.deliver(messages(count))
        let requests = seen.withLock(\.self)
        try #require(requests.count == 1)
        return requests[0]
    }

    @Test func `messages stand in a list`() async throws {
        let request = try await Self.request("listed", 3)
        #expect(request.url == "https://api.acme.example/batches")
        #expect(request.headers["Authorization"] == "Bearer key-of-acme")
        #expect(request.headers["Content-Type"] == "application/json")
        func item(_ number: Int, _ more: String = "") -> String {
            #"{"to":"1555123000\#(number)","text":"No. \"\#(number)\"","reference":"\#(Self.id(number))"\#(more)}"#
        }
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"from":"Shop","messages":[\#(item(1)),\#(item(2)),\#(item(3, #","note":"third""#))]}"#)
    }

    @Test func `one message is a list of one`() async throws {
        let request = try await Self.request("listed", 1)
        #expect(String(decoding: request.body, as: UTF8.self).hasPrefix(#"{"from":"Shop","messages":[{"to":"#))
        #expect(String(decoding: request.body, as: UTF8.self).hasSuffix("}]}"))
    }

    @Test func `messages are numbered fields of a form`() async throws {
        let request = try await Self.request("in-a-form", 2)
        #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
        #expect(
            FormEncoding.decode(request.body).map { "\($0.name)=\($0.value)" } == [
                "user=acme", "to[0]=+15551230001", "text[0]=No. \"1\"", "to[1]=+15551230002", "text[1]=No. \"2\"",
                "title[1]=Second",
            ])
    }

    @Test func `the body itself can be the list`() async throws {
        let request = try await Self.request("all-alike", 2)
        #expect(String(decoding: request.body, as: UTF8.self) == #"["No. \"1\"","No. \"2\""]"#)
    }

    @Test func `the host gives as many at once as the declaration says`() throws {
        for (name, limit) in [("listed", 50), ("in-a-form", 3), ("all-alike", 10)] {
            #expect(
                try Self.kit(name) { _ in .success(HTTPResponse(status: 200)) }.channel.delivery.batchLimit == limit)
        }
        #expect(try Self.module("listed").descriptor.parts == [])
        #expect(try Self.module("in-a-form").descriptor.parts == [.subject])
    }

    // MARK: Answers

    /// A result about message `number`.
    private static func result(_ number: Int, _ rest: String) -> String { #"{"reference":"\#(id(number))",\#(rest)}"# }

    private static func listed(_ results: [String]) -> String { #"{"results":[\#(results.joined(separator: ","))]}"# }

    @Test(
        arguments: [
            (
                "each by its own", 200,
                listed([
                    result(2, #""error":{"code":"unknown_number","words":"No"}"#), result(3, #""id":"m-3""#),
                    result(1, #""id":"m-1""#),
                ]),
                ["accepted m-1 queued", "rejected recipient unknown_number", "accepted m-3 queued"]
            ),
            (
                "one is missing", 200, listed([result(1, #""id":"m-1""#), result(3, #""id":"m-3""#)]),
                ["accepted m-1 queued", "uncertain no_result", "accepted m-3 queued"]
            ),
            (
                "one without an id, a busy one, a new code", 200,
                listed([
                    result(1, #""id":"""#), result(2, #""error":{"code":"busy"}"#),
                    result(3, #""error":{"code":"new"}"#),
                ]),
                ["uncertain http_200", "retry busy", "rejected other new"]
            ),
            (
                "two that differ about one message", 200,
                listed([
                    result(1, #""id":"m-1""#), result(1, #""error":{"code":"busy"}"#), result(2, #""id":"m-2""#),
                    result(2, #""id":"m-2""#), result(3, #""id":"m-3""#),
                ]),
                ["uncertain no_result", "accepted m-2 queued", "accepted m-3 queued"]
            ),
            (
                "one id for two messages", 200,
                listed([result(1, #""id":"m-1""#), result(2, #""id":"m-1""#), result(3, #""id":"m-3""#)]),
                ["uncertain repeated_id", "uncertain repeated_id", "accepted m-3 queued"]
            ),
            (
                "somebody else's message", 200,
                listed([result(1, #""id":"m-1""#), result(9, #""id":"m-9""#), "7", #"{"id":"m-2"}"#]),
                ["accepted m-1 queued", "uncertain no_result", "uncertain no_result"]
            ),
            ("no list", 200, #"{"results":{}}"#, Array(repeating: "uncertain no_results", count: 3)),
            ("not JSON", 200, "<html>Sign in</html>", Array(repeating: "uncertain no_results", count: 3)),
            (
                "a code instead of the list", 200, #"{"problem":"no_credit"}"#,
                Array(repeating: "rejected configuration no_credit", count: 3)
            ),
            (
                "a status that the declaration takes for a success", 409, listed([result(1, #""id":"m-1""#)]),
                ["accepted m-1 queued", "uncertain no_result", "uncertain no_result"]
            ),
            (
                "refused as a whole, whatever is listed", 400,
                #"{"problem":"busy","results":[\#(result(1, #""id":"m-1""#))]}"#,
                Array(repeating: "retry busy", count: 3)
            ),
            ("the wrong key", 401, "", Array(repeating: "rejected configuration http_401", count: 3)),
            ("broken", 502, listed([]), Array(repeating: "uncertain http_502", count: 3)),
        ] as [(String, Int, String, [String])])
    func `results are matched by the delivery's id`(
        _ name: String, _ status: Int, _ body: String, _ expected: [String]
    ) async throws {
        let response = HTTPResponse(status: status, body: Array(body.utf8))
        #expect(try await Self.outcomes("listed", 3, .success(response)) == expected, "\(name)")
    }

    @Test(
        arguments: [
            (#"[{"code":"OK"},{"code":"BAD"}]"#, ["accepted  sent", "rejected other BAD"]),
            (#"[{"code":"OK"}]"#, ["uncertain no_result", "uncertain no_result"]),
            (#"[{"code":"OK"},{"code":"OK"},{"code":"OK"}]"#, ["uncertain no_result", "uncertain no_result"]),
            (#"[]"#, ["uncertain no_result", "uncertain no_result"]),
            (#"{"code":"OK"}"#, ["uncertain no_results", "uncertain no_results"]),
        ] as [(String, [String])])
    func `results in order must be as many as the messages`(_ body: String, _ expected: [String]) async throws {
        let response = HTTPResponse(status: 200, body: Array(body.utf8))
        let outcomes = try await Self.outcomes("in-a-form", 2, .success(response))
        #expect(outcomes.map { $0 == "accepted " ? "accepted  sent" : $0 } == expected)
    }

    @Test(arguments: [(204, "accepted "), (429, "throttled http_429 after 7.0 seconds"), (500, "uncertain http_500")])
    func `without results the answer counts for all alike`(_ status: Int, _ expected: String) async throws {
        let response = HTTPResponse(status: status, headers: ["Retry-After": "7"])
        #expect(try await Self.outcomes("all-alike", 2, .success(response)) == [expected, expected])
    }

    @Test(arguments: [(false, "retry connect"), (true, "uncertain connect")])
    func `what never left is tried again, and nothing else`(_ mayHaveBeenSent: Bool, _ expected: String) async throws {
        let failure = TransportFailure(reason: .connect, mayHaveBeenSent: mayHaveBeenSent, message: "broken")
        #expect(try await Self.outcomes("listed", 2, .failure(failure)) == [expected, expected])
    }

    /// Whatever becomes of an answer on its way: nothing that was taken is sent again, and nobody gets another's id.
    @Test func `an answer that is cut or damaged says nothing wrong`() async throws {
        let body = Array(Self.listed((1...3).map { Self.result($0, #""id":"m-\#($0)""#) }).utf8)
        for end in body.indices {
            let response = HTTPResponse(status: 200, body: Array(body[..<end]))
            let outcomes = try await Self.outcomes("listed", 3, .success(response))
            #expect(outcomes.allSatisfy { $0.hasPrefix("uncertain") }, "cut at \(end)")
        }
        for index in body.indices {
            var damaged = body
            damaged[index] = UInt8(ascii: "7")
            let response = HTTPResponse(status: 200, body: damaged)
            for (number, outcome) in try await Self.outcomes("listed", 3, .success(response)).enumerated() {
                let isRight = outcome.hasPrefix("uncertain") || outcome == "accepted m-\(number + 1) queued"
                // A damage within the id itself is another id.
                let isOtherID = outcome.hasPrefix("accepted ") && outcome.contains("7")
                #expect(isRight || isOtherID, "byte \(index): message \(number + 1) is \(outcome)")
            }
        }
    }

    // MARK: Conformance

    @Test(arguments: ["listed", "in-a-form", "all-alike"])
    func `it bears what every module must bear`(_ name: String) async throws {
        await expectConformance(of: try Self.module(name))
    }
}
