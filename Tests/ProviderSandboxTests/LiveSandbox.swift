import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceLifecycle
import Testing

@testable import ProviderSandbox

/// A sandbox that listens, with the client that talks to it.
struct LiveSandbox {
    static let messages = "/2010-04-01/Accounts/\(TwilioSettings.sandboxAccount)/Messages.json"
    static let authorization =
        "Basic " + Data("\(TwilioSettings.sandboxAccount):\(TwilioSettings.sandboxToken)".utf8).base64EncodedString()

    let client: any TestClientProtocol

    static func run<Value>(
        _ rates: FaultRates = FaultRates(), latency: DelayRange = .zero, script: [TwilioStatus] = [.sent, .delivered],
        providers: ProviderSettings = ProviderSettings(), batchWindow: TimeAmount = .zero,
        retryFor: TimeAmount = .seconds(60), timeout: TimeAmount = .seconds(15),
        _ body: @Sendable (LiveSandbox) async throws -> Value
    ) async throws -> Value {
        var logger = Logger(label: "provider-sandbox")
        logger.logLevel = .error
        var providers = providers
        providers.twilio.script = script
        let settings = SandboxSettings(
            plan: FaultPlan(seed: 7, rates: rates, latency: latency),
            callbacks: CallbackDispatcher.Limits(
                connectionsPerReceiver: 8, timeout: timeout,
                retries: CallbackRetryPolicy(
                    longest: retryFor, firstDelay: .milliseconds(1), longestDelay: .milliseconds(20)),
                batchWindow: batchWindow),
            providers: providers)
        let application = try Sandbox(settings: settings, logger: logger).application(
            listening: .hostname("localhost", port: 0))
        return try await application.test(.ahc()) { try await body(LiveSandbox(client: $0)) }
    }

    func post(
        _ fields: [(String, String)], authorization: String = Self.authorization, to path: String = Self.messages
    ) async throws -> TestResponse {
        var form = ByteBuffer()
        for (name, value) in fields {
            form.writeString("\(name)=")
            form.writeFormEncoded(value)
            form.writeString("&")
        }
        return try await client.execute(
            uri: path, method: .post,
            headers: [.authorization: authorization, .contentType: "application/x-www-form-urlencoded"], body: form)
    }

    /// - Parameter headers: by name; `Content-Type` is JSON's without one.
    func post(_ body: String, to path: String, headers: [String: String] = [:]) async throws -> TestResponse {
        var fields: HTTPFields = [.contentType: "application/json"]
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return try await client.execute(uri: path, method: .post, headers: fields, body: ByteBuffer(string: body))
    }

    func send(to: String = "+15551234567", callback: String? = nil) async throws -> TestResponse {
        let fields = [("To", to), ("From", "+15557654321"), ("Body", "hello")]
        return try await post(fields + (callback.map { [("StatusCallback", $0)] } ?? []))
    }

    func summary() async throws -> [String: Int] {
        let response = try await client.execute(uri: "/ledger/summary", method: .get)
        return try JSONDecoder().decode([String: Int].self, from: Data(response.body.readableBytesView))
    }

    /// The totals once `condition` holds; the test's time limit ends the wait otherwise.
    func summary(once condition: ([String: Int]) -> Bool) async throws -> [String: Int] {
        while true {
            let summary = try await summary()
            if condition(summary) { return summary }
            await Task.yield()
        }
    }

    func drained() async throws -> [String: Int] {
        try await summary { $0["reportsPending"] == 0 }
    }

    func ledger(_ query: String = "") async throws -> LedgerPage {
        let response = try await client.execute(uri: "/ledger" + query, method: .get)
        return try JSONDecoder().decode(LedgerPage.self, from: Data(response.body.readableBytesView))
    }
}

struct LedgerPage: Decodable {
    struct Report: Decodable {
        var status: String
        var `try`: Int
        var answer: Int?
    }

    struct Message: Decodable {
        var position: Int
        var provider: String
        var delivery: String?
        var sid: String?
        var to: String
        var bodySHA256: String
        var timesAccepted: Int
        var attempts: [String: Int]
        var reportsPlanned: Int
        var reportsPending: Int
        var dropped: Bool
        var finalStatus: String?
        var reports: [Report]
    }

    var messages: [Message]
    var next: Int?
}

/// A receiver of callbacks: it keeps what comes, and answers as it is told.
struct CallbackReceiver {
    struct Received: Sendable {
        var method: HTTPRequest.Method
        var target: String
        var headers: HTTPFields
        var body: ByteBuffer

        var text: String { String(buffer: body) }
        var json: JSON? { JSONParser.parse(body) }

        /// Those of a form.
        var fields: [String: String] {
            let pairs = text.split(separator: "&").map { $0.split(separator: "=", omittingEmptySubsequences: false) }
            return Dictionary(
                pairs.map { pair in
                    let value = pair.dropFirst().first?.replacing("+", with: " ").removingPercentEncoding ?? "?"
                    return (String(pair[0]), value)
                }, uniquingKeysWith: { first, _ in first })
        }

        subscript(header name: String) -> String? {
            HTTPField.Name(name).flatMap { headers[$0] }
        }

        /// Checked with an implementation of its own: sorted fields behind the URL, HMAC-SHA1, base64.
        func isSigned(for url: String, token: String = TwilioSettings.sandboxToken) -> Bool {
            let text = fields.sorted { $0.key < $1.key }.reduce(url) { $0 + $1.key + $1.value }
            let key = SymmetricKey(data: Data(token.utf8))
            let code = HMAC<Insecure.SHA1>.authenticationCode(for: Data(text.utf8), using: key)
            return self[header: "X-Twilio-Signature"] == Data(code).base64EncodedString()
        }
    }

    let port: Int
    private let received: AsyncStream<Received>

    /// - Parameters:
    ///   - answers: the statuses of the first answers; 200 after that.
    ///   - echoing: a query item whose value is the body of the answer.
    static func run<Value>(
        port: Int = 0, answers: [HTTPResponse.Status] = [], echoing: String? = nil,
        _ body: @Sendable (CallbackReceiver) async throws -> Value
    ) async throws -> Value {
        let (stream, continuation) = AsyncStream<Received>.makeStream()
        let count = Counter()
        let router = Router()
        @Sendable func receive(_ request: Request) async throws -> Response {
            let body = try await request.body.collect(upTo: 1 << 20)
            continuation.yield(
                Received(
                    method: request.method, target: request.uri.description, headers: request.headers, body: body))
            let number = await count.next()
            let echo = echoing.flatMap { request.uri.queryParameters[Substring($0)] }
            return Response(
                status: number < answers.count ? answers[number] : .ok,
                body: ResponseBody(byteBuffer: ByteBuffer(string: echo.map { String($0) } ?? "")))
        }
        router.post("**") { request, _ in try await receive(request) }
        router.get("**") { request, _ in try await receive(request) }
        var logger = Logger(label: "receiver")
        logger.logLevel = .error
        let (ports, announce) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("localhost", port: port)),
            onServerRunning: { announce.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let services = ServiceGroup(services: [application], logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { announce.finish() }
                try await services.run()
            }
            let bound = try #require(await ports.first { _ in true }, "the receiver does not listen")
            let value = try await body(CallbackReceiver(port: bound, received: stream))
            await services.triggerGracefulShutdown()
            return value
        }
    }

    func url(_ delivery: String) -> String {
        "http://localhost:\(port)/webhooks/sms?delivery=\(delivery)"
    }

    /// The next `count` callbacks, in the order in which they came.
    func next(_ count: Int) async -> [Received] {
        var all: [Received] = []
        for await callback in received {
            all.append(callback)
            if all.count == count { break }
        }
        return all
    }
}

private actor Counter {
    private var count = 0

    func next() -> Int {
        defer { count += 1 }
        return count
    }
}
