import ChannelSDK
import HTTPTypes
import Testing

@testable import API

@Suite struct TrustedProxiesTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var header = ProxyHeader.xForwardedFor
        var peer = "10.0.0.1"
        let values: [String]
        let client: String

        init(_ values: String..., is client: String, by header: ProxyHeader = .xForwardedFor, peer: String = "10.0.0.1")
        {
            (self.values, self.client, self.header, self.peer) = (values, client, header, peer)
        }

        var testDescription: String { "\(header.rawValue) \(values) from \(peer)" }
    }

    private static let networks = ["10.0.0.0/8", "2001:db8:1::/48"].map { IPNetwork($0)! }

    private func client(_ row: Row) throws -> String {
        var headers = HTTPFields()
        for value in row.values { headers.append(.init(name: row.header.fieldName, value: value)) }
        let peer = try #require(IPAddress(row.peer))
        return TrustedProxies(Self.networks, header: row.header).client(of: peer, headers).description
    }

    @Test(arguments: [
        // Who is no proxy may say what it likes.
        Row("192.0.2.1", is: "203.0.113.9", peer: "203.0.113.9"),
        Row("10.0.0.2", is: "2001:db8:2::1", peer: "2001:db8:2::1"),
        Row(is: "10.0.0.1"), Row("", is: "10.0.0.1"), Row(" ", is: "10.0.0.1"), Row(",", is: "10.0.0.1"),
        Row("192.0.2.1", is: "192.0.2.1"), Row(" 192.0.2.1\t", is: "192.0.2.1"), Row("192.0.2.1:4711", is: "192.0.2.1"),
        Row("192.0.2.1", is: "192.0.2.1", peer: "2001:db8:1::9"),
        Row("192.0.2.1", is: "192.0.2.1", peer: "::ffff:10.9.9.9"),
        Row("2001:db8:2::1", is: "2001:db8:2::1"), Row("[2001:db8:2::1]", is: "2001:db8:2::1"),
        Row("[2001:db8:2::1]:443", is: "2001:db8:2::1"), Row("::ffff:192.0.2.1", is: "192.0.2.1"),
        // The caller's own words stand on the left of what the proxies saw.
        Row("198.51.100.7, 192.0.2.1", is: "192.0.2.1"), Row("10.0.0.9, 192.0.2.1", is: "192.0.2.1"),
        Row("192.0.2.1, 10.0.0.2", is: "192.0.2.1"), Row("198.51.100.7,192.0.2.1,10.0.0.3,10.0.0.2", is: "192.0.2.1"),
        Row("192.0.2.1, 2001:db8:1::5", is: "192.0.2.1"),
        Row("198.51.100.7", "192.0.2.1", is: "192.0.2.1"), Row("192.0.2.1", "10.0.0.2", is: "192.0.2.1"),
        Row("10.0.0.3, 10.0.0.2", is: "10.0.0.3"),
        // What can't be read: the last proxy that can be told.
        Row("192.0.2.1, unknown", is: "10.0.0.1"), Row("192.0.2.1, unknown, 10.0.0.2", is: "10.0.0.2"),
        Row("192.0.2.1, ", is: "10.0.0.1"), Row("192.0.2.1,,10.0.0.2", is: "10.0.0.2"),
        Row("192.0.2.1:port", is: "10.0.0.1"),
        Row("192.0.2.1:99999", is: "10.0.0.1"), Row("192.0.2.1:", is: "10.0.0.1"), Row("[192.0.2.1]", is: "10.0.0.1"),
        Row("[2001:db8:2::1", is: "10.0.0.1"), Row("[2001:db8:2::1]443", is: "10.0.0.1"), Row("[", is: "10.0.0.1"),
        Row("[]:1", is: "10.0.0.1"), Row("\"192.0.2.1\"", is: "10.0.0.1"), Row("\"", is: "10.0.0.1"),
        Row("for=192.0.2.1", is: "10.0.0.1"), Row("évil", is: "10.0.0.1"), Row("\"x, 192.0.2.1", is: "192.0.2.1"),
    ])
    func xForwardedFor(row: Row) throws { #expect(try client(row) == row.client) }

    @Test(arguments: [
        Row("for=192.0.2.1", is: "192.0.2.1", by: .forwarded),
        Row("For=192.0.2.1;proto=https", is: "192.0.2.1", by: .forwarded),
        Row("proto=http; by=203.0.113.43 ; for=192.0.2.1:80", is: "192.0.2.1", by: .forwarded),
        Row("for=\"[2001:db8:2::1]:4711\"", is: "2001:db8:2::1", by: .forwarded),
        Row("for=\"192.0.2.1:47\";by=\"a,b\"", is: "192.0.2.1", by: .forwarded),
        Row("for=198.51.100.7, for=192.0.2.1", is: "192.0.2.1", by: .forwarded),
        Row("for=192.0.2.1, for=10.0.0.2", is: "192.0.2.1", by: .forwarded),
        Row("for=198.51.100.7", "for=192.0.2.1", is: "192.0.2.1", by: .forwarded),
        // A quote that the caller left open swallows nothing of what the proxy added.
        Row("for=\"198.51.100.7, for=192.0.2.1", is: "192.0.2.1", by: .forwarded),
        Row("for=\"\\", "for=\"192.0.2.1\"", is: "192.0.2.1", by: .forwarded),
        Row("for=_hidden", is: "10.0.0.1", by: .forwarded),
        Row("for=unknown, for=10.0.0.2", is: "10.0.0.2", by: .forwarded),
        Row("for=", is: "10.0.0.1", by: .forwarded), Row("for=\"", is: "10.0.0.1", by: .forwarded),
        Row("for=\"\"", is: "10.0.0.1", by: .forwarded), Row("for", is: "10.0.0.1", by: .forwarded),
        Row("by=10.0.0.2", is: "10.0.0.1", by: .forwarded), Row("192.0.2.1", is: "10.0.0.1", by: .forwarded),
        Row("for=192.0.2.1;for=198.51.100.7", is: "10.0.0.1", by: .forwarded),
        Row("for=192.0.2.1;", is: "192.0.2.1", by: .forwarded), Row(";;=;", is: "10.0.0.1", by: .forwarded),
        Row("for=192.0.2.1", is: "203.0.113.9", by: .forwarded, peer: "203.0.113.9"),
    ])
    func forwarded(row: Row) throws { #expect(try client(row) == row.client) }

    /// What the configured header does not say comes from the caller.
    @Test func theOtherHeaderIsNotLookedAt() throws {
        let peer = try #require(IPAddress("10.0.0.1"))
        let headers: HTTPFields = [.init("X-Forwarded-For")!: "192.0.2.1", .init("Forwarded")!: "for=192.0.2.2"]
        #expect(TrustedProxies(Self.networks).client(of: peer, headers).description == "192.0.2.1")
        #expect(TrustedProxies(Self.networks, header: .forwarded).client(of: peer, headers).description == "192.0.2.2")
        #expect(TrustedProxies().client(of: peer, headers) == peer)
    }

    /// Of bytes thrown together nothing crashes, and no address comes out that was not put in by a proxy.
    @Test func bytesThrownTogether() throws {
        let seed = UInt64.random(in: 0...(.max))
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        let bits = [
            "\"", ",", ";", "=", "[", "]", ":", ".", "for", "198.51.100.7", "2001:db8:2::1", " ", "\\", "_", "é", "%",
        ]
        for _ in 0..<5000 {
            let noise = (0..<next(12)).map { _ in bits[next(bits.count)] }.joined()
            for header in ProxyHeader.allCases {
                let added = header == .forwarded ? "for=192.0.2.1" : "192.0.2.1"
                // The proxy's own element is whole whatever stands before it.
                let row = Row("\(noise), \(added)", is: "192.0.2.1", by: header)
                #expect(try client(row) == row.client, "seed \(seed): \(noise)")
                _ = try client(Row(noise, is: "", by: header))
            }
        }
    }

    @Test func theWayIsFollowedOnlySoFar() throws {
        let hops = Array(repeating: "10.0.0.2", count: 10_000).joined(separator: ",")
        #expect(try client(Row("192.0.2.1,\(hops)", is: "")) == "10.0.0.2")
    }
}
