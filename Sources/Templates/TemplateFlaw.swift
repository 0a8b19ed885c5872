/// What is wrong with the text of a template, and where in it.
public struct TemplateFlaw: Error, Sendable, Hashable {
    /// For people; it names the tag.
    public let message: String
    /// How many `{` of the text come before the place: however a file writes the text, its braces can be counted.
    public let braces: Int

    public init(_ message: String, braces: Int) {
        self.message = message
        self.braces = braces
    }
}
