import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("What the sandbox reads and writes")
struct ParsingTests {
    @Test(
        "delays",
        arguments: [
            ("20ms", 20_000_000, 20_000_000), ("20ms..200ms", 20_000_000, 200_000_000),
            ("1.5s", 1_500_000_000, 1_500_000_000),
            ("250us..1s", 250_000, 1_000_000_000), ("0", 0, 0), ("2m", 120_000_000_000, 120_000_000_000),
        ] as [(String, Int64, Int64)])
    func delays(text: String, shortest: Int64, longest: Int64) {
        #expect(DelayRange(text) == DelayRange(shortest: .nanoseconds(shortest), longest: .nanoseconds(longest)))
    }

    @Test(
        "what is no delay",
        arguments: [
            "", "20", "ms", "20 ms", "-1s", "1h", "200ms..20ms", "1s..", "..1s", "1e3s", "9999999m", "1.2.3s", "∞s",
        ])
    func noDelay(text: String) {
        #expect(DelayRange(text) == nil)
    }

    @Test(
        "form fields",
        arguments: [
            ("a=1&b=2", ["a": "1", "b": "2"]), ("To=%2B1555&Body=a+b%20c", ["To": "+1555", "Body": "a b c"]),
            ("a=b=c&d&=e", ["a": "b=c", "d": "", "": "e"]), ("", [:]), ("&&", [:]), ("h=h%C3%A9llo", ["h": "héllo"]),
            ("a=%e2%82%ac", ["a": "€"]),
        ])
    func form(text: String, expected: [String: String]) throws {
        let fields = try #require(FormFields(ByteBuffer(string: text)))
        for (name, value) in expected { #expect(fields[name] == value) }
        #expect(fields["none"] == nil)
    }

    @Test("forms that cannot be read", arguments: ["a=%", "a=%2", "a=%zz", "%=1", "a=%ff", "a=%C3"])
    func badForm(text: String) {
        #expect(FormFields(ByteBuffer(string: text)) == nil)
    }

    @Test(
        "what is written as a form is read back",
        arguments: ["", "a b", "+1555", "a&b=c", "héllo €😀", "100%", "\r\n\0"])
    func formRoundTrip(text: String) throws {
        var buffer = ByteBuffer(string: "x=")
        buffer.writeFormEncoded(text)
        #expect(String(buffer: buffer).utf8.allSatisfy { (0x21...0x7e).contains($0) })
        #expect(FormFields(buffer)?["x"] == text)
    }

    @Test(
        "JSON strings",
        arguments: [
            ("plain é€", "\"plain é€\""), ("a\"b\\c", #""a\"b\\c""#), ("\n\r\t\u{1}\u{1f}", #""\n\r\t\u0001\u001f""#),
            ("", "\"\""),
        ])
    func json(text: String, expected: String) {
        var buffer = ByteBuffer()
        buffer.writeJSON(text)
        #expect(String(buffer: buffer) == expected)
    }

    @Test(
        "callback URLs",
        arguments: [
            ("http://127.0.0.1:3000/webhooks/sms?delivery=abc", "127.0.0.1", 3000, "/webhooks/sms?delivery=abc", "abc"),
            ("http://example.com", "example.com", 80, "/", nil),
            ("http://example.com?delivery=a%2Fb&x=1", "example.com", 80, "/?delivery=a%2Fb&x=1", "a/b"),
            ("HTTP://h:1/p?x=delivery#delivery=no", "h", 1, "/p?x=delivery", nil),
            ("http://[::1]:8080/x?delivery=", "::1", 8080, "/x?delivery=", nil),
            ("http://[::1]/x", "::1", 80, "/x", nil),
        ] as [(String, String, Int, String, String?)])
    func callbackURL(text: String, host: String, port: Int, target: String, delivery: String?) throws {
        let url = try CallbackURL(text)
        #expect(url.receiver == CallbackURL.Receiver(host: host, port: port))
        #expect(url.target == target)
        #expect(url.delivery == delivery)
        #expect(url.text == text)
    }

    @Test(
        "what is no callback URL",
        arguments: [
            ("https://h/x", "over http only"), ("ftp://h/x", "no http:// URL"), ("/x", "no http:// URL"),
            ("", "no http:// URL"),
            ("http://", "names no host"), ("http://:80/", "names no host"), ("http://h:0/", "1 to 65535"),
            ("http://h:70000/", "1 to 65535"), ("http://h:x/", "1 to 65535"), ("http://user:secret@h/", "user name"),
            ("http://h/a b", "blanks"), ("http://h/\r\nX: y", "blanks"), ("http://h/é", "not ASCII"),
        ])
    func badCallbackURL(text: String, problem: String) {
        let error = #expect(throws: CallbackURL.Problem.self) { try CallbackURL(text) }
        #expect(error?.message.contains(problem) == true)
    }

    @Test(
        "calendar",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00.000Z", "7001010000"),
            (1_692_853_305_007, "Thu, 24 Aug 2023 05:01:45 +0000", "2023-08-24T05:01:45.007Z", "2308240501"),
            (1_709_208_000_120, "Thu, 29 Feb 2024 12:00:00 +0000", "2024-02-29T12:00:00.120Z", "2402291200"),
            (4_102_444_799_999, "Thu, 31 Dec 2099 23:59:59 +0000", "2099-12-31T23:59:59.999Z", "9912312359"),
        ] as [(Int64, String, String, String)])
    func calendar(milliseconds: Int64, rfc2822: String, iso8601: String, receipt: String) {
        let time = CivilTime(milliseconds: milliseconds)
        #expect(time.rfc2822 == rfc2822)
        #expect(time.iso8601 == iso8601)
        #expect(time.receiptDate == receipt)
    }
}
