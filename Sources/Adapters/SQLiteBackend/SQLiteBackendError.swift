/// Why the file could not be opened.
public enum SQLiteBackendError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Another host process uses the file.
    case inUse(path: String)
    case cannotOpen(path: String, reason: String)
    /// The file was made with another number of partitions per topic.
    case partitionsDiffer(path: String, topic: String, stored: Int, configured: Int)

    public var description: String {
        switch self {
        case .inUse(let path):
            "\(path) is in use by another Switchboard process: stop it first, or give this one a file of its own"
        case .cannotOpen(let path, let reason): "can't open \(path): \(reason)"
        case .partitionsDiffer(let path, let topic, let stored, let configured):
            """
            topic \(topic) in \(path) has \(stored) partition(s), but \(configured) are configured: \
            the number can't be changed while the file holds records
            """
        }
    }
}
