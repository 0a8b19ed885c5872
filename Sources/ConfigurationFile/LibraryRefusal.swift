/// Why a channel library is not used. It names the file and the reason, for people.
public struct LibraryRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// As it was named.
    public let file: String
    /// Continues "library 'x' …": what is wrong, and what to do.
    public let reason: String

    public init(file: String, reason: String) {
        self.file = file
        self.reason = reason
    }

    public var description: String { "library '\(file)' \(reason)" }
}
