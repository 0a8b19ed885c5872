import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("JSON")
struct JSONTests {
    @Test(
        "what is read is written again, number by number",
        arguments: [
            "null", "true", "[]", "{}", #"{"a":[1,-2.50,3e+8],"b":{"c":"d"},"a":false}"#, #""é\n\"\\/ €😀""#,
        ])
    func roundTrip(text: String) throws {
        let json = try #require(JSONParser.parse(ByteBuffer(string: " \(text)\r\n")))
        #expect(String(buffer: ByteBuffer(json: json)) == text)
    }

    @Test(
        "escapes",
        arguments: [
            (#""é😀\/\b\f""#, "é😀/\u{08}\u{0C}"), (#""\t\r""#, "\t\r"),
        ])
    func escapes(text: String, expected: String) {
        #expect(JSONParser.parse(ByteBuffer(string: text)) == .string(expected))
    }

    @Test(
        "what is no JSON is refused",
        arguments: [
            "", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "{a:1}", "01", "1.", "-", "1e", "tru", "\"", "\"\\x\"",
            "\"\\u12\"",
            #""\ud83d""#, #""\ud83dA""#, #""\udc00""#, "\"\u{01}\"", "[1] 2", "1 2",
            String(repeating: "[", count: 100_000),
            String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
        ])
    func refused(text: String) {
        #expect(JSONParser.parse(ByteBuffer(string: text)) == nil)
    }

    @Test("bytes that are no UTF-8 are refused")
    func encoding() {
        #expect(JSONParser.parse(ByteBuffer(bytes: [0x22, 0xff, 0x22])) == nil)
    }

    @Test("as PHP writes it, in ASCII only")
    func ascii() {
        let json: JSON = ["text": "é/😀\n", "n": [1, true, .null]]
        let expected = #"{"text":"\u00e9\/\ud83d\ude00\n","n":[1,true,null]}"#
        #expect(String(buffer: ByteBuffer(json: json, escapesUnicode: true)) == expected)
    }
}
