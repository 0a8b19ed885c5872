import ChannelConformance
import ChannelSDK
import Testing

@Suite struct FormEncodingTests {
    @Test(
        arguments: [
            ("", []), ("&", []), ("&&a=1&&", [("a", "1")]), ("a", [("a", "")]), ("a=", [("a", "")]), ("=", [("", "")]),
            ("=b", [("", "b")]), ("a=b=c", [("a", "b=c")]), ("a==", [("a", "=")]),
            ("a=1&a=2", [("a", "1"), ("a", "2")]),
            ("a+b=c+d", [("a b", "c d")]), ("a=%2B1", [("a", "+1")]), ("a=%2b1", [("a", "+1")]),
            ("%3D=%26", [("=", "&")]),
            ("a=%", [("a", "%")]), ("a=%4", [("a", "%4")]), ("a=%4&b=%", [("a", "%4"), ("b", "%")]),
            ("a=%zz", [("a", "%zz")]), ("a=%+1", [("a", "% 1")]), ("a=%%41", [("a", "%A")]),
            ("a=100%", [("a", "100%")]),
            ("h%C3%A9=w%C3%B6", [("hé", "wö")]), ("a=%F0%9F%8E%89", [("a", "🎉")]), ("a=%FF", [("a", "\u{FFFD}")]),
            ("a=%00", [("a", "\0")]), ("a=é", [("a", "é")]),
        ] as [(String, [(String, String)])])
    func decode(text: String, expected: [(String, String)]) {
        let pairs = expected.map { FormEncoding.Pair($0.0, $0.1) }
        #expect(FormEncoding.decode(Array(text.utf8)) == pairs)
        #expect(FormEncoding.decode("?\(text)".dropFirst().utf8) == pairs)
        // Bytes that do not lie side by side in memory.
        #expect(FormEncoding.decode(text.utf8.lazy.map { $0 }) == pairs)
    }

    @Test(
        arguments: [
            ([], ""), ([("a", "")], "a="), ([("a", "1"), ("b", "2")], "a=1&b=2"), ([("a b", "c d")], "a+b=c+d"),
            ([("To", "+1555")], "To=%2B1555"), ([("=&", "%?/")], "%3D%26=%25%3F%2F"), ([("a", "*-._~")], "a=*-._%7E"),
            ([("é", "🎉\n")], "%C3%A9=%F0%9F%8E%89%0A"),
        ] as [([(String, String)], String)])
    func encode(pairs: [(String, String)], expected: String) {
        let bytes = FormEncoding.encode(pairs.map { FormEncoding.Pair($0.0, $0.1) })
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [("", ""), ("a-._~Z0", "a-._~Z0"), ("a b+c*", "a%20b%2Bc%2A"), ("/?#é", "%2F%3F%23%C3%A9")])
    func percentEncode(text: String, expected: String) {
        #expect(FormEncoding.percentEncode(text) == expected)
    }

    @Test(arguments: [UInt64.random(in: 0 ... .max), 1])
    func whatIsEncodedIsDecoded(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func text() -> String {
            String(
                String.UnicodeScalarView(
                    (0..<Int.random(in: 1...12, using: &generator)).compactMap { _ in
                        UnicodeScalar(UInt32.random(in: 0...0x2FFF, using: &generator))
                    }))
        }
        for _ in 0..<300 {
            let pairs = (0..<Int.random(in: 0...8, using: &generator)).map { _ in FormEncoding.Pair(text(), text()) }
            #expect(FormEncoding.decode(FormEncoding.encode(pairs)) == pairs, "seed \(seed)")
            let one = text()
            #expect(
                FormEncoding.decode("x=\(FormEncoding.percentEncode(one))".utf8) == [.init("x", one)], "seed \(seed)")
        }
    }

    @Test(arguments: [UInt64.random(in: 0 ... .max), 1])
    func anyBytesAreDecoded(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("%&=+aF0\u{FF}".utf8)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            let parts = bytes.split(separator: UInt8(ascii: "&"))
            #expect(FormEncoding.decode(bytes).count == parts.count, "seed \(seed): \(bytes)")
        }
    }

    @Test(arguments: [
        ("https://a.example/x", ""), ("https://a.example/x?", ""), ("https://a.example/x?a=1?b", "a=1?b"), ("", ""),
    ])
    func theQueryStartsAtTheFirstMark(url: String, query: String) {
        let request = WebhookRequest(method: "GET", url: url, headers: [:], body: [], receivedAt: .distantPast)
        #expect(request.query == query)
    }

    @Test func theAddressNamesTheDelivery() {
        let id = "0190163d-8694-739b-aea5-966c26f8ad90.2"
        let cases = [("?delivery=\(id)", id), ("?a=1&delivery=\(id)", id), ("?delivery=x", nil), ("", nil)]
        for (query, expected) in cases {
            let request = WebhookRequest(
                method: "GET", url: "https://a.example/\(query)", headers: [:], body: [], receivedAt: .distantPast)
            #expect(request.delivery?.description == expected)
        }
    }
}
