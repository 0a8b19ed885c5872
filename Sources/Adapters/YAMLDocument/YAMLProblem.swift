/// Something wrong with the document, for people. It never quotes a value of the file.
public struct YAMLProblem: Error, Sendable, Hashable {
    /// Nil where the file as a whole is meant.
    public let position: YAMLPosition?
    public let message: String

    public init(_ message: String, at position: YAMLPosition?) {
        self.position = position
        self.message = message
    }
}
