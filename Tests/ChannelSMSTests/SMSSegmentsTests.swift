import ChannelSMS
import Testing

@Suite struct SMSSegmentsTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let encoding: SMSSegments.Encoding
        let units: Int
        let count: Int

        init(_ name: String, _ text: String, _ encoding: SMSSegments.Encoding, _ units: Int, _ count: Int) {
            (self.name, self.text, self.encoding, self.units, self.count) = (name, text, encoding, units, count)
        }

        var testDescription: String { name }
    }

    private static func text(_ count: Int, _ piece: String) -> String { String(repeating: piece, count: count) }

    private static let rows: [Row] = [
        Row("empty", "", .gsm7, 0, 0), Row("one", "a", .gsm7, 1, 1), Row("line", "a\r\nb", .gsm7, 4, 1),
        Row("160", text(160, "a"), .gsm7, 160, 1), Row("161", text(161, "a"), .gsm7, 161, 2),
        Row("306", text(306, "a"), .gsm7, 306, 2), Row("307", text(307, "a"), .gsm7, 307, 3),
        Row("459", text(459, "a"), .gsm7, 459, 3), Row("460", text(460, "a"), .gsm7, 460, 4),
        Row("80 euros", text(80, "€"), .gsm7, 160, 1), Row("81 euros", text(81, "€"), .gsm7, 162, 2),
        // 76 of two septets in each segment: the 153rd septet stays empty.
        Row("152 euros", text(152, "€"), .gsm7, 304, 2), Row("153 euros", text(153, "€"), .gsm7, 306, 3),
        Row("an escape at the cut", text(152, "a") + "[" + text(152, "b"), .gsm7, 306, 3),
        Row("an escape before the cut", text(151, "a") + "[" + text(153, "b"), .gsm7, 306, 2),
        Row("small ç is not of GSM", "ç", .ucs2, 1, 1), Row("capital Ç is", "Ç", .gsm7, 1, 1),
        Row("grave accent is not", "`", .ucs2, 1, 1), Row("tab is not", "\t", .ucs2, 1, 1),
        Row("escape itself is not", "\u{1B}", .ucs2, 1, 1), Row("curly quote", "it’s", .ucs2, 4, 1),
        Row("é composed", "\u{E9}", .gsm7, 1, 1), Row("é decomposed", "e\u{301}", .ucs2, 2, 1),
        Row("70", text(70, "ж"), .ucs2, 70, 1), Row("71", text(71, "ж"), .ucs2, 71, 2),
        Row("134", text(134, "ж"), .ucs2, 134, 2), Row("135", text(135, "ж"), .ucs2, 135, 3),
        Row("an extended character counts once in UCS-2", "€ж", .ucs2, 2, 1),
        Row("35 pairs", text(35, "🎉"), .ucs2, 70, 1), Row("36 pairs", text(36, "🎉"), .ucs2, 72, 2),
        // 33 pairs in each segment: the 67th unit stays empty.
        Row("66 pairs", text(66, "🎉"), .ucs2, 132, 2), Row("67 pairs", text(67, "🎉"), .ucs2, 134, 3),
        Row("a family", "👨‍👩‍👧", .ucs2, 8, 1),
    ]

    @Test(arguments: rows)
    func countsSegments(row: Row) {
        let segments = SMSSegments(of: row.text)
        #expect(segments.encoding == row.encoding)
        #expect(segments.units == row.units)
        #expect(segments.count == row.count)
    }

    /// The default alphabet has 128 places, of which the escape is no character; the extension table has 10 more.
    @Test func theWholeAlphabetAndNothingElse() {
        let characters = (0...0xFFFF).compactMap { Unicode.Scalar(UInt32($0)) }.map { SMSSegments(of: String($0)) }
        #expect(characters.filter { $0.encoding == .gsm7 && $0.units == 1 }.count == 127)
        #expect(characters.filter { $0.encoding == .gsm7 && $0.units == 2 }.count == 10)
    }
}
