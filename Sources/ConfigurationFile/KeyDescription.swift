/// One key of the file, for people.
public struct KeyDescription: Sendable, Hashable {
    public enum Fallback: Sendable, Hashable {
        /// Must be given.
        case required
        /// May be left out; what that means is in the help.
        case none
        /// As it would be written in the file.
        case value(String)
    }

    /// E.g. `channels.NAME.timeout`.
    public let path: String
    /// What its value must be.
    public let expectation: String
    public let fallback: Fallback
    /// One sentence for the operator.
    public let help: String
}

/// Collects the descriptions of keys while the sections declare them.
final class ReferenceRecorder {
    private(set) var keys: [KeyDescription] = []

    func add(path: String, expectation: String, fallback: KeyDescription.Fallback, help: String) {
        keys.append(KeyDescription(path: path, expectation: expectation, fallback: fallback, help: help))
    }
}
