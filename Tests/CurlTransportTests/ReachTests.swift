import ChannelSDK
import Testing

@testable import CurlTransport

/// Where a request may go is looked at where the connection is, not at the URL.
@Suite(.timeLimit(.minutes(10))) struct ReachTests {
    @Test(arguments: [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1",
        "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        // The same, said in IPv6: mapped, compatible, NAT64, 6to4.
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1", "2002:7f00:1::1", "2002:a00:1::1",
        "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001::1", "2001:db8::1", "3fff::1", "100::1",
        "4000::1",
    ])
    func isInternal(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!Reach.publicInternet().allows(address))
        #expect(Reach.anywhere.allows(address))
    }

    @Test(arguments: [
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
        "192.0.1.1", "198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::808:808",
        "2001:4860:4860::8888", "2606:4700::1111", "2002:808:808::1",
    ])
    func isPublic(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(Reach.publicInternet().allows(address))
    }

    @Test(arguments: [
        ("10.1.2.3", "10.1.0.0/16", true), ("10.2.2.3", "10.1.0.0/16", false), ("::1", "::1", true),
        ("::ffff:10.1.2.3", "10.1.0.0/16", true), ("64:ff9b::a01:203", "10.1.0.0/16", false),
        ("127.0.0.1", "0.0.0.0/0", true), ("::1", "0.0.0.0/0", false), ("8.8.8.8", "10.0.0.0/8", true),
    ])
    func networksAreAllowedBesides(address: String, network: String, isAllowed: Bool) throws {
        let reach = Reach.publicInternet(besides: [try #require(IPNetwork(network))])
        #expect(reach.allows(try #require(IPAddress(address))) == isAllowed)
    }

    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    private func run(
        _ script: @escaping @Sendable (Int) -> [ScriptedServer.Step],
        _ body: (CurlTransport, ScriptedServer) async throws -> Void
    ) async throws {
        let server = ScriptedServer(script)
        let transport = try CurlTransport()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(transport, server))
        } catch {
            result = .failure(error)
        }
        server.stop()
        await transport.shutdown()
        try result.get()
    }

    private func reason(_ result: HTTPResult) -> TransportFailure.Reason? {
        guard case .failure(let failure) = result else { return nil }
        #expect(!failure.mayHaveBeenSent)
        return failure.reason
    }

    /// However the address is written, and whatever the name resolves to: no connection is made.
    @Test(arguments: [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "a.localhost",
    ])
    func noWayToThisMachine(host: String) async throws {
        try await run({ _ in [.read, .write(Self.ok)] }) { (transport, server) async throws in
            let request = HTTPRequest(url: "http://\(host):\(server.port)/", reach: .publicInternet())
            #expect(reason(await transport.perform(request)) == .forbiddenAddress)
            #expect(server.connectionCount == 0)
        }
    }

    @Test func aNamedNetworkIsReached() async throws {
        try await run({ _ in [.read, .write(Self.ok)] }) { (transport, server) async throws in
            let network = try #require(IPNetwork("127.0.0.0/8"))
            let request = HTTPRequest(
                url: "http://127.0.0.1:\(server.port)/", reach: .publicInternet(besides: [network]))
            #expect(try await transport.perform(request).get().status == 200)
        }
    }

    /// A connection that is kept for others is looked at again: the stricter request does not go out on it, and those that
    /// may go anywhere still do.
    @Test func aKeptConnectionIsNoWayRound() async throws {
        try await run({ _ in Array(repeating: [.read, .write(Self.ok)], count: 4).flatMap { $0 } }) {
            (transport, server) async throws in
            let url = "http://127.0.0.1:\(server.port)/"
            let network = try #require(IPNetwork("127.0.0.1"))
            for _ in 0..<2 {
                #expect(try await transport.perform(HTTPRequest(url: url)).get().status == 200)
                let strict = HTTPRequest(url: url, body: Array("strict".utf8), reach: .publicInternet())
                #expect(reason(await transport.perform(strict)) == .forbiddenAddress)
                let named = HTTPRequest(url: url, reach: .publicInternet(besides: [network]))
                #expect(try await transport.perform(named).get().status == 200)
            }
            #expect(!server.requests.contains { $0.contains("strict") })
        }
    }

    @Test func redirectsAreNotFollowed() async throws {
        let elsewhere = ScriptedServer { _ in [.read, .write(Self.ok)] }
        defer { elsewhere.stop() }
        let moved = "HTTP/1.1 302 Found\r\nLocation: \(elsewhere.url)/\r\nContent-Length: 0\r\n\r\n"
        try await run({ _ in [.read, .write(moved)] }) { (transport, server) async throws in
            #expect(try await transport.perform(HTTPRequest(url: server.url)).get().status == 302)
            #expect(elsewhere.connectionCount == 0)
        }
    }

    /// What follows is not waited for, and is no failure.
    @Test func anAnswerEndsAtItsLimit() async throws {
        let long = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + String(repeating: "x", count: 5000)
        try await run({ _ in [.read, .write(long), .read] }) { (transport, server) async throws in
            let response = try await transport.perform(HTTPRequest(url: server.url, answerLimit: 1000)).get()
            #expect(response.status == 200)
            #expect(response.body == Array(repeating: UInt8(ascii: "x"), count: 1000))
        }
    }
}
