/// What a template wants to be told. Values are texts: how a number or a date is written is the application's to say.
public struct TemplateVariable: Sendable, Hashable {
    public let name: String
    /// May be left out; it is then empty.
    public let isOptional: Bool
    /// What a value looks like; a check renders the template with it.
    public let example: String

    /// - Parameter example: nil: the name itself.
    public init(_ name: String, optional isOptional: Bool = false, example: String? = nil) {
        self.name = name
        self.isOptional = isOptional
        self.example = example ?? name
    }

    public static let nameRule = "1 to 40 letters, digits and '_', beginning with a letter"

    public static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first.isASCIILetter, text.utf8.count <= 40 else { return false }
        return text.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "_") }
    }
}
