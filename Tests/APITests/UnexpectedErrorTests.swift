import ChannelSDK
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Pipeline
import Synchronization
import Testing

@testable import API

/// What nobody thought of: the host's fault, and said so, but not to strangers.
@Suite(.timeLimit(.minutes(10)))
struct UnexpectedErrorTests {
    private static let secret = "CANARY-7f3a"

    private struct Surprise: Error, CustomStringConvertible {
        var description: String { "the password is \(secret)" }
    }

    private static let route = APIRoute(method: .get, path: "/unsubscribe/{token}", demand: nil)

    private static func answer(to error: any Error) async -> (response: Response, log: [String]) {
        let lines = LogLines()
        let response = await answering(route, Logger(label: "test", factory: { _ in lines })) { throw error }
        return (response, lines.all)
    }

    @Test(arguments: [Surprise() as any Error, HTTPError(.notFound), CocoaLike.broken])
    func aMistakeIsTheHosts(error: any Error) async {
        let (response, log) = await Self.answer(to: error)
        #expect(response.status == .internalServerError)
        #expect(response.headers[.contentType] == "application/problem+json")
        #expect(log.count == 1 && log[0].contains("GET") && log[0].contains("/unsubscribe/{token}"), "\(log)")
        #expect(log[0].contains(String(reflecting: type(of: error))) && !log[0].contains(Self.secret), "\(log)")
    }

    private enum CocoaLike: Error { case broken }

    @Test func aStoreThatIsBrokenIsSaidToBeInTheLog() async {
        let (response, log) = await Self.answer(to: StoreError.failed("the file is damaged"))
        #expect(response.status == .internalServerError && response.headers[.retryAfter] == nil)
        #expect(log.count == 1 && log[0].contains("the file is damaged") && log[0].contains("{token}"), "\(log)")
    }

    @Test(arguments: [
        StoreError.unavailable("x") as any Error, StoreError.fenced, LogError.unavailable("x"), LogError.notOwner,
    ])
    func whatPassesIsToBeTriedAgain(error: any Error) async {
        let (response, log) = await Self.answer(to: error)
        #expect(response.status == .serviceUnavailable && response.headers[.retryAfter] == "1" && log.isEmpty)
    }

    @Test func aRequestThatBreaksOffIsNobodysMistake() async {
        let (response, log) = await Self.answer(to: CancellationError())
        #expect(response.status == .badRequest && log.isEmpty)
        for error in [ChannelError.inputClosed as any Error, ChannelError.ioOnClosedChannel, CancellationError()] {
            let body = AsyncThrowingStream<ByteBuffer, any Error> { stream in
                stream.yield(ByteBuffer(string: "{"))
                stream.finish(throwing: error)
            }
            let request = Request(
                head: .init(method: .post, scheme: nil, authority: nil, path: "/"), body: .init(asyncSequence: body))
            let problem = await #expect(throws: ProblemDetails.self) { try await collect(request, upTo: 100) }
            #expect(problem?.status == .badRequest)
        }
    }

    /// Through the whole of it: what stands in the place of a parameter is not in the log either.
    @Test func aHandlersMistakeIsAnswered() async throws {
        try await LiveAPI.run { (api) async throws in
            let lines = LogLines()
            var dependencies = api.dependencies
            dependencies.logger = Logger(label: "test", factory: { _ in lines })
            let router = APIRouter(dependencies)
            router.open(.get, "/broken/{token}") { _, _ in throw Surprise() }
            try await Application(router: router).test(.router) { (client) async throws in
                for method in [HTTPTypes.HTTPRequest.Method.get, .head] {
                    let answer = try await client.execute(uri: "/broken/\(Self.secret)", method: method)
                    #expect(answer.status == .internalServerError && !answer.text.contains(Self.secret))
                }
            }
            #expect(lines.all.count == 2 && lines.all.allSatisfy { $0.contains("/broken/{token}") }, "\(lines.all)")
            #expect(!lines.all.contains { $0.contains(Self.secret) })
        }
    }
}

/// Keeps what is logged.
struct LogLines: LogHandler {
    private final class Kept: Sendable { let lines = Mutex<[String]>([]) }

    private let kept = Kept()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    var all: [String] { kept.lines.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
        kept.lines.withLock { $0.append("\(event.level) \(event.message) \(metadata)") }
    }
}
