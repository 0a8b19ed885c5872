import Testing
import YAMLDocument

@Suite struct YAMLSourceTests {
    @Test(arguments: [
        ("", []),
        ("a", ["a"]),
        ("a\nb\n", ["a", "b"]),
        ("a\r\nb\rc\n\nd", ["a", "b", "c", "", "d"]),
        ("\u{FEFF}a", ["a"]),
    ])
    func `lines end as libyaml ends them`(_ text: String, _ expected: [String]) {
        let source = YAMLSource(Array(text.utf8))
        #expect((1...expected.count + 1).map { source.line($0) } == expected.map { $0 } + [nil])
        #expect(source.line(0) == nil)
    }

    @Test func `bytes that are not UTF-8 show as replacement characters`() {
        #expect(YAMLSource([0x61, 0xFF, 0x62]).line(1) == "a\u{FFFD}b")
    }

    @Test func `an occurrence is found within its value only`() {
        let source = YAMLSource(Array("a: $x # $\nb: |\n  ż$y\n  $z\nc: $\n".utf8))
        let start = YAMLPosition(line: 2, column: 4)
        let end = YAMLPosition(line: 5, column: 1)
        let found = (0...2).map { source.position(ofOccurrence: $0, of: "$", from: start, to: end) }
        #expect(found == [YAMLPosition(line: 3, column: 4), YAMLPosition(line: 4, column: 3), nil])
    }

    @Test(arguments: [
        ("plain ż✓", "plain ż✓"), ("a\nb", "a\\nb"), ("\u{1B}[31m", "\\u{1B}[31m"), ("x\u{202E}y", "x\\u{202E}y"),
        ("12345678901", "1234567890…"),
    ])
    func `text for a terminal cannot steer it`(_ text: String, _ expected: String) {
        #expect(text.printable(limit: 10) == expected)
    }
}
