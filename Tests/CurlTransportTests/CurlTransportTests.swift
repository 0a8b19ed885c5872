import ChannelSDK
import Synchronization
import Testing

@testable import CurlTransport

@Suite(.timeLimit(.minutes(10)))
struct CurlTransportTests {
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    private func run(
        _ configuration: CurlTransport.Configuration = .init(), server: ScriptedServer,
        _ body: (CurlTransport) async throws -> Void
    ) async throws {
        let transport = try CurlTransport(configuration)
        do {
            try await body(transport)
        } catch {
            server.stop()
            await transport.shutdown()
            throw error
        }
        server.stop()
        await transport.shutdown()
    }

    private func failure(_ result: HTTPResult) -> TransportFailure? {
        if case .failure(let failure) = result { failure } else { nil }
    }

    @Test func sendsExactlyWhatItIsGiven() async throws {
        let server = ScriptedServer { _ in [.read, .write(Self.ok)] }
        try await run(server: server) { transport in
            let request = HTTPRequest(
                method: "POST", url: server.url + "/messages?x=1",
                headers: ["Content-Type": "text/plain", "Authorization": "Basic eA=="], body: Array("hello".utf8))
            let response = try await transport.perform(request).get()
            #expect(response == HTTPResponse(status: 200, headers: ["Content-Length": "2"], body: Array("ok".utf8)))
            #expect(
                server.requests == [
                    "POST /messages?x=1 HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nContent-Type: text/plain\r\n"
                        + "Authorization: Basic eA==\r\nUser-Agent: Switchboard\r\nContent-Length: 5\r\n\r\nhello"
                ])
        }
    }

    @Test func usesOneConnectionForOneRequestAfterAnother() async throws {
        let server = ScriptedServer { _ in Array(repeating: [.read, .write(Self.ok)], count: 5).flatMap { $0 } }
        try await run(server: server) { transport in
            for _ in 0..<5 { _ = try await transport.perform(HTTPRequest(url: server.url)).get() }
            #expect(server.connectionCount == 1)
            #expect(server.requests.count == 5)
        }
    }

    /// libcurl by itself would send it again on a new connection, and the provider would have it twice.
    @Test(arguments: [("POST", "taken"), ("POST", ""), ("GET", ""), ("DELETE", "")])
    func neverRepeatsARequestThatMayHaveLeft(method: String, body: String) async throws {
        let server = ScriptedServer { number in
            number == 0 ? [.read, .write(Self.ok), .read] : [.read, .write(Self.ok)]
        }
        try await run(server: server) { transport in
            _ = try await transport.perform(HTTPRequest(url: server.url)).get()
            let request = HTTPRequest(method: method, url: server.url, body: Array(body.utf8))
            let failure = failure(await transport.perform(request))
            #expect(failure?.mayHaveBeenSent == true)
            #expect(failure?.reason == .reset)
            #expect(server.requests.count == 2)
        }
    }

    @Test func whatNeverLeftIsSafeToRepeat() async throws {
        let gone = ScriptedServer { _ in [] }
        gone.stop()
        let server = ScriptedServer { _ in [] }
        try await run(server: server) { transport in
            let refused = failure(await transport.perform(HTTPRequest(url: gone.url)))
            #expect(refused?.reason == .connect)
            #expect(refused?.mayHaveBeenSent == false)
            let unknown = failure(await transport.perform(HTTPRequest(url: "http://name.invalid/")))
            #expect(unknown?.reason == .resolve)
            #expect(unknown?.mayHaveBeenSent == false)
            let plain = failure(await transport.perform(HTTPRequest(url: "https://127.0.0.1:\(server.port)/")))
            #expect(plain?.reason == .tls)
            #expect(plain?.mayHaveBeenSent == false)
        }
    }

    @Test func anAnswerThatDoesNotComeIsATimeout() async throws {
        let server = ScriptedServer { _ in [.read, .hang] }
        try await run(server: server) { transport in
            let request = HTTPRequest(url: server.url, timeout: .milliseconds(200))
            let failure = failure(await transport.perform(request))
            #expect(failure?.reason == .timeout)
            #expect(failure?.mayHaveBeenSent == true)
        }
    }

    @Test(arguments: [
        "HTTP/1.1 201 Created\r\nX-A: 1\r\nContent-Length: 4\r\n\r\nbody",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
    ])
    func readsAnswersHoweverTheyArrive(answer: String) async throws {
        let server = ScriptedServer { _ in [.read, .dribble(answer)] }
        try await run(server: server) { transport in
            let response = try await transport.perform(HTTPRequest(url: server.url)).get()
            #expect(response.status == 201)
            #expect(response.headers["x-a"] == "1")
            #expect(response.body == Array("body".utf8))
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + String(repeating: "x", count: 5000),
        "HTTP/1.1 200 OK\r\n" + String(repeating: "X-Y: z\r\n", count: 5000) + "\r\n",
    ])
    func refusesAnswersThatAreTooLarge(answer: String) async throws {
        let server = ScriptedServer { _ in [.read, .write(answer)] }
        let configuration = CurlTransport.Configuration(maxResponseBodyBytes: 4096, maxResponseHeaderBytes: 4096)
        try await run(configuration, server: server) { transport in
            #expect(failure(await transport.perform(HTTPRequest(url: server.url)))?.reason == .responseTooLarge)
        }
    }

    @Test(arguments: [
        HTTPRequest(url: "http://127.0.0.1/\r\nX: 1"), HTTPRequest(url: "ftp://127.0.0.1/"),
        HTTPRequest(method: "GET /\r\n", url: "http://127.0.0.1/"),
        HTTPRequest(url: "http://127.0.0.1/", headers: ["X": "1\r\nY: 2"]),
        HTTPRequest(url: "http://127.0.0.1/", headers: ["X\u{0}": "1"]),
        HTTPRequest(url: "http://127.0.0.1/", headers: ["Content-Length": "3"]),
    ])
    func refusesWhatCouldBeReadInTwoWays(request: HTTPRequest) async throws {
        let server = ScriptedServer { _ in [] }
        try await run(server: server) { transport in
            let failure = failure(await transport.perform(request))
            #expect(failure?.reason == .invalidRequest)
            #expect(failure?.mayHaveBeenSent == false)
        }
    }

    @Test func tellsNoSecrets() async throws {
        let gone = ScriptedServer { _ in [] }
        gone.stop()
        let server = ScriptedServer { _ in [] }
        try await run(server: server) { transport in
            let request = HTTPRequest(
                url: "http://user:hush@127.0.0.1:\(gone.port)/hush?token=hush", headers: ["Authorization": "hush"])
            let failure = failure(await transport.perform(request))
            #expect(failure?.message.contains("hush") == false)
            #expect(!"\(request)".contains("hush"))
        }
    }

    @Test func refusesInternalAddressesWhereAsked() async throws {
        let server = ScriptedServer { _ in [.read, .write(Self.ok)] }
        try await run(.init(allowsInternalAddresses: false), server: server) { transport in
            for host in ["127.0.0.1", "localhost"] {
                let failure = failure(await transport.perform(HTTPRequest(url: "http://\(host):\(server.port)/")))
                #expect(failure?.reason == .forbiddenAddress)
                #expect(failure?.mayHaveBeenSent == false)
            }
            #expect(server.requests.isEmpty)
        }
    }

    @Test func everyRequestEndsExactlyOnce() async throws {
        let server = ScriptedServer { _ in Array(repeating: [.read, .write(Self.ok)], count: 5000).flatMap { $0 } }
        let configuration = CurlTransport.Configuration(maxConcurrentRequestsPerOrigin: 32)
        try await run(configuration, server: server) { transport in
            let ends = Mutex<[Int: Int]>([:])
            let submissions = 20
            let each = 100
            let url = server.url
            await withCheckedContinuation { continuation in
                let requests = Array(repeating: HTTPRequest(url: url), count: each)
                for submission in 0..<submissions {
                    transport.submit(requests, defaultTimeout: .seconds(30)) { completions in
                        let isOver = ends.withLock { ends in
                            for completion in completions {
                                ends[submission * each + completion.index, default: 0] += 1
                            }
                            return ends.values.reduce(0, +) == submissions * each
                        }
                        if isOver { continuation.resume() }
                    }
                }
            }
            #expect(ends.withLock { $0.count } == submissions * each)
            #expect(ends.withLock { $0.values.allSatisfy { $0 == 1 } })
            #expect(server.connectionCount <= 32)
        }
    }

    @Test func stopsWithRequestsUnderWay() async throws {
        let server = ScriptedServer { _ in [.read, .hang] }
        let transport = try CurlTransport()
        async let result = transport.perform(HTTPRequest(url: server.url))
        while server.requests.isEmpty { await Task.yield() }
        await transport.shutdown()
        #expect(failure(await result)?.reason == .shutdown)
        #expect(failure(await result)?.mayHaveBeenSent == true)
        let late = failure(await transport.perform(HTTPRequest(url: server.url)))
        #expect(late == .stopped)
        server.stop()
    }
}
