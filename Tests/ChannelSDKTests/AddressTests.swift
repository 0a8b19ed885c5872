import ChannelSDK
import Testing

@Suite struct AddressTests {
    @Test(
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8::0:1", "2001:db8::1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:0201", "192.0.2.1"), ("::192.0.2.1", "::c000:201"),
            ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"), ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"),
            ("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ])
    func addresses(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
        #expect(address.isIPv4 == !canonical.contains(":"))
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1..3.4", ".1.2.3", "1.2.3.4.", "+1.2.3.4",
        "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "1.2.3.4/32", "0x7f.0.0.1", "127.1", "２.0.0.1", "1.2.3.1000",
        ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "+1::", "::-1", "[::1]",
        "::1%eth0",
        "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "::1.2.3", "::1.2.3.4:5", "1:2:3:4::5:6:7:8", ":1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8:", "localhost", "1\0.2.3.4", "\u{0}", "::ffff:1.2.3.4.5",
        "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555",
    ])
    func noAddresses(text: String) { #expect(IPAddress(text) == nil) }

    @Test(
        arguments: [
            (
                "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
                ["11.0.0.0", "9.255.255.255", "::a00:1"]
            ),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::", "2001:db8::1"]),
            ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127"]),
            ("192.0.2.7", ["192.0.2.7"], ["192.0.2.6", "192.0.2.8", "::192.0.2.7"]),
            ("192.0.2.7/32", ["192.0.2.7"], ["192.0.2.6"]),
            ("::/0", ["::", "ffff::"], ["192.0.2.1", "::ffff:1.2.3.4"]),
            ("2001:db8::/32", ["2001:db8::1", "2001:db8:ffff::"], ["2001:db9::"]),
            ("2001:db8::1", ["2001:db8::1"], ["2001:db8::"]), ("fe80::/10", ["febf::"], ["fec0::"]),
            ("2001:db8::8/125", ["2001:db8::f"], ["2001:db8::10", "2001:db8::7"]),
        ] as [(String, [String], [String])])
    func networks(text: String, inside: [String], outside: [String]) throws {
        let network = try #require(IPNetwork(text))
        for address in inside { #expect(network.contains(try #require(IPAddress(address))), "\(address)") }
        for address in outside { #expect(!network.contains(try #require(IPAddress(address))), "\(address)") }
        #expect(IPNetwork(network.description) == network)
    }

    @Test(
        arguments: [
            ("10.0.0.1/8", "10.0.0.0/8"), ("2001:db8::1/32", "2001:db8::/32"), ("10.0.0.0/33", nil),
            ("10.0.0.0/", nil), ("/8", nil), ("10.0.0.0/8/8", nil), ("10.0.0.0/+8", nil), ("10.0.0.0/-1", nil),
            ("10.0.0.0/0008", nil), ("10.0.0.0/255.0.0.0", nil), ("::/129", nil), ("::ffff:10.0.0.0/104", nil),
            ("10.0.0.0 /8", nil), ("10.0/8", nil), ("", nil), ("10.0.0.0/99999999999999999999", nil),
        ] as [(String, String?)])
    func noNetworks(text: String, meant: String?) {
        #expect(IPNetwork(text) == nil)
        #expect(IPNetwork.meant(by: text)?.description == meant)
    }

    private func request(from address: String?, secret: String = "s") -> WebhookRequest {
        WebhookRequest(
            method: "GET", url: "https://a.example/webhooks/sms?secret=\(secret)", headers: [:], body: [],
            receivedAt: .distantPast, remoteAddress: address.flatMap { IPAddress($0) })
    }

    @Test(
        arguments: [
            ("10.0.0.5", ""), ("10.0.0.6", "10.0.0.6 is not one of"), ("fd00::7", ""), ("fe00::", "is not one of"),
            (nil, "is not known"),
        ] as [(String?, String)])
    func allowedAddresses(address: String?, words: String) async {
        let scheme = AllowedAddresses([IPNetwork("10.0.0.5")!, IPNetwork("fd00::/8")!])
        let verdict = scheme.verify(request(from: address), now: .distantPast)
        #expect((verdict == .genuine) == words.isEmpty)
        #expect(verdict.reason.contains(words) || words.isEmpty)
        #expect(AllowedAddresses([]).verify(request(from: address), now: .distantPast).isRefused)
    }

    private struct Unsure: WebhookVerifier {
        let name = "nothing"
        func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict { .undecided("not now") }
    }

    /// What one of them refuses is refused, even if another can't tell.
    @Test func combinedWithOneThatCannotTell() async {
        let secret = SharedSecret(value: Secret("s"))
        for schemes in [[Unsure(), secret], [secret, Unsure()]] as [[any WebhookVerifier]] {
            let both = CombinedVerification(schemes)
            #expect(await both.verify(request(from: nil), now: .distantPast) == .undecided("not now"))
            #expect(await both.verify(request(from: nil, secret: "t"), now: .distantPast).isRefused)
        }
    }

    /// Each of them must hold.
    @Test func combinedVerification() async {
        let both = CombinedVerification([
            AllowedAddresses([IPNetwork("10.0.0.0/8")!]), SharedSecret(value: Secret("s")),
        ])
        #expect(await both.verify(request(from: "10.1.1.1"), now: .distantPast) == .genuine)
        let wrongSecret = await both.verify(request(from: "10.1.1.1", secret: "t"), now: .distantPast)
        #expect(wrongSecret.reason.contains("secret"))
        #expect(await both.verify(request(from: "11.1.1.1"), now: .distantPast).reason.contains("11.1.1.1"))
        #expect(await CombinedVerification([]).verify(request(from: "10.1.1.1"), now: .distantPast).isRefused)
        #expect(both.name.contains("address") && both.name.contains("secret"))
    }
}
