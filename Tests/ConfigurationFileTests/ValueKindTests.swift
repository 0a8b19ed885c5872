import ChannelSDK
import Testing

@testable import ConfigurationFile

@Suite struct ValueKindTests {
    @Test(
        arguments: [
            ("1500ms", .milliseconds(1500)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("2h", .seconds(7200)),
            ("7d", .seconds(7 * 86_400)), ("0s", .zero), ("30", nil), ("s", nil), ("1.5s", nil), ("-1s", nil),
            ("1 s", nil),
            ("1S", nil), ("1w", nil), ("", nil), ("٣s", nil), ("9223372036854775807d", nil), ("1h30m", nil),
        ] as [(String, Duration?)])
    func `durations`(_ text: String, _ expected: Duration?) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(arguments: ["1ms", "1500ms", "2s", "90s", "5m", "24h", "72h", "7d", "0s"])
    func `a duration is written as it was read`(_ text: String) throws {
        #expect(DurationText.format(try #require(DurationText.parse(text))) == text)
    }

    @Test(
        arguments: [
            ("80/s", RateLimit(permits: 80, per: .seconds(1))), ("1000/m", RateLimit(permits: 1000, per: .seconds(60))),
            ("20/10s", RateLimit(permits: 20, per: .seconds(10))),
            ("5/500ms", RateLimit(permits: 5, per: .milliseconds(500))),
            ("1/d", RateLimit(permits: 1, per: .seconds(86_400))), ("0/s", nil), ("80", nil), ("/s", nil), ("80/", nil),
            ("80/0s", nil), ("80/s/m", nil), ("80 / s", nil), ("8e1/s", nil), ("1/8d", nil),
        ] as [(String, RateLimit?)])
    func `rates`(_ text: String, _ expected: RateLimit?) {
        #expect((try? ValueKind<RateLimit>.rate.parse(text)) == expected)
    }

    @Test(
        arguments: [
            ("1KiB", 1024), ("8MiB", 8 << 20), ("64MiB", 64 << 20), ("65MiB", nil), ("1023", nil), ("8MB", nil),
            ("MiB", nil),
            ("9223372036854775807MiB", nil),
        ] as [(String, Int?)])
    func `sizes`(_ text: String, _ expected: Int?) {
        #expect((try? ValueKind<Int>.size(1024...64 << 20).parse(text)) == expected)
    }

    @Test(arguments: [
        ("http://127.0.0.1:4010", true), ("https://notify.example.com/a/b?c=d#e", true), ("HTTPS://EXAMPLE.COM", true),
        ("http://[::1]:8080/", true), ("http://localhost", true), ("http://sandbox:4010", true),
        ("ftp://example.com", false),
        ("example.com", false), ("http://", false), ("http://:80", false), ("http://a:b@c", false),
        ("http://a b", false),
        ("http://a..b", false), ("http://a:99999", false), ("http://a:", false), ("http://-a", false), ("//a", false),
        ("http://a\nb", false), ("http://ż.pl", false), ("http://[::1", false), ("http://[]", false),
    ])
    func `URLs`(_ text: String, _ isValid: Bool) {
        #expect(WebAddress.isValid(text) == isValid)
    }

    @Test(arguments: [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true), ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false),
        ("whsec_", false),
        ("whsec_c2hvcnQ=", false), ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", false),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_", false), ("whsec_====MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false),
    ])
    func `Standard Webhooks secrets`(_ text: String, _ isValid: Bool) {
        #expect(((try? ValueKind<Secret>.standardWebhooksSecret.parse(text)) != nil) == isValid)
    }

    @Test(
        arguments: [
            ("porviders", "provider"), ("Provider", "provider"), ("rateLimit", "rate_limit"),
            ("rate-limit", "rate_limit"),
            ("retyr", "retry"), ("conc", "concurrency"), ("breakers", "breaker"), ("xyz", nil), ("", nil), ("t", nil),
            (String(repeating: "a", count: 100_000), nil),
        ] as [(String, String?)])
    func `suggestions`(_ name: String, _ expected: String?) {
        let keys = ["module", "provider", "concurrency", "timeout", "rate_limit", "retry", "breaker"]
        #expect(Spelling.suggestion(for: name, among: keys) == expected)
    }

    @Test(arguments: [
        ("", "abc", 3), ("abc", "acb", 1), ("kitten", "sitting", 3), ("ca", "abc", 3), ("same", "same", 0),
    ])
    func `edit distance counts a swap as one`(_ left: String, _ right: String, _ expected: Int) {
        #expect(Spelling.distance(Array(left), Array(right)) == expected)
        #expect(Spelling.distance(Array(right), Array(left)) == expected)
    }
}
