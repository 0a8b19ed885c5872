/// A language, perhaps with script and region, as BCP 47 writes it: `en`, `de-AT`, `zh-Hant-TW`. Case does not count.
public struct LanguageTag: Sendable, Hashable, CustomStringConvertible {
    public static let rule = "a language such as en, or de-AT"
    /// As it was written.
    public let description: String
    private let key: String

    public static let english = LanguageTag(known: "en")

    private init(known text: String) {
        description = text
        key = text
    }

    /// - Returns: nil for what is no such tag.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard text.utf8.count <= 35, let language = parts.first, (2...3).contains(language.count),
            language.allSatisfy(\.isASCIILetter)
        else { return nil }
        let areSubtags = parts.dropFirst().allSatisfy { part in
            (1...8).contains(part.count) && part.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit }
        }
        guard areSubtags else { return nil }
        description = text
        key = text.lowercased()
    }

    /// The tag, then the wider ones: `de-AT`, `de`.
    public var widening: [LanguageTag] {
        var tags = [self]
        var text = description[...]
        while let dash = text.lastIndex(of: "-") {
            text = text[..<dash]
            if let wider = LanguageTag(String(text)) { tags.append(wider) }
        }
        return tags
    }

    public static func == (left: Self, right: Self) -> Bool { left.key == right.key }

    public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

extension UInt8 {
    var isASCIILetter: Bool { (65...90).contains(self) || (97...122).contains(self) }
    var isASCIIDigit: Bool { (48...57).contains(self) }
}
