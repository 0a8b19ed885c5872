/// How a text is cut into the segments that carriers transmit and providers charge for.
///
/// A text of the GSM 7-bit default alphabet (3GPP TS 23.038, with its extension table) has 160 septets in one segment,
/// any other text 70 units of UCS-2. A longer text loses room in each segment to the header that joins them: 153
/// septets or 67 units remain. What takes two of these, an extended character or a surrogate pair, is never cut in
/// two, so a segment may end one short. National language shift tables are not considered: providers do not use them
/// unless told to.
public struct SMSSegments: Sendable, Hashable {
    public enum Encoding: String, Sendable, Hashable, CaseIterable {
        case gsm7, ucs2
    }

    public let encoding: Encoding
    /// Septets of GSM 7-bit, or units of UCS-2 (16 bits each), without headers.
    public let units: Int
    /// 0 for the empty text.
    public let count: Int

    public init(of text: String) {
        let septets = Self.septets(of: text)
        encoding = septets == nil ? .ucs2 : .gsm7
        let widths = septets ?? text.unicodeScalars.map { UTF16.width($0) }
        units = widths.reduce(0, +)
        count = Self.count(widths, units: units, encoding)
    }

    /// The most units of a text that needs one segment only.
    public static func unitsAlone(_ encoding: Encoding) -> Int { encoding == .gsm7 ? 160 : 70 }

    /// The most units in each segment of a text that needs several.
    public static func unitsJoined(_ encoding: Encoding) -> Int { encoding == .gsm7 ? 153 : 67 }

    private static func count(_ widths: [Int], units: Int, _ encoding: Encoding) -> Int {
        if units <= unitsAlone(encoding) { return units == 0 ? 0 : 1 }
        let room = unitsJoined(encoding)
        var (count, used) = (1, 0)
        for width in widths {
            if used + width > room { (count, used) = (count + 1, 0) }
            used += width
        }
        return count
    }

    /// The septets of each character; nil when one is not in the alphabet. Scalars, not `Character`s: `\r\n` is two.
    private static func septets(of text: String) -> [Int]? {
        var widths: [Int] = []
        widths.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            if alphabet.contains(scalar) {
                widths.append(1)
            } else if extended.contains(scalar) {
                widths.append(2)
            } else {
                return nil
            }
        }
        return widths
    }

    private static let alphabet = Set(
        ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
            + "abcdefghijklmnopqrstuvwxyzäöñüà").unicodeScalars)

    /// Each takes an escape septet before its own.
    private static let extended = Set("\u{0C}^{}\\[~]|€".unicodeScalars)
}
