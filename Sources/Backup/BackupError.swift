/// Why a backup could not be made or can't be used; for the operator.
public struct BackupError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// A call of the system has failed just now.
    static func system(_ what: String, _ path: String) -> BackupError {
        BackupError("can't \(what) \(path): \(SystemFile.lastProblem)")
    }
}
