/// How many SMS a text takes: 160 characters of the GSM alphabet in one, 153 in each of several; 70 and 67 UTF-16 units
/// when it holds any other character.
enum SMSSegments {
    static func count(_ text: String) -> Int {
        guard let units = septets(of: text) else { return segments(text.utf16.count, single: 70, multiple: 67) }
        return segments(units, single: 160, multiple: 153)
    }

    private static func segments(_ units: Int, single: Int, multiple: Int) -> Int {
        units <= single ? 1 : (units + multiple - 1) / multiple
    }

    /// Nil when a character is not in the GSM 03.38 alphabet. Those of the extension table take two.
    private static func septets(of text: String) -> Int? {
        var count = 0
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", " ", "\n", "\r": count += 1
            case _ where basic.contains(scalar): count += 1
            case _ where extended.contains(scalar): count += 2
            default: return nil
            }
        }
        return count
    }

    private static let basic = Set("@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà".unicodeScalars)
    private static let extended = Set("^{}\\[~]|€\u{0C}".unicodeScalars)
}
