/// Where the host keeps its data.
public struct StorageConfiguration: Sendable, Hashable {
    /// The SQLite file; a relative path begins at the working directory.
    public var path: String

    public init() { self = Section.defaults { Self(&$0) } }
}

extension StorageConfiguration {
    init(_ section: inout Section) {
        path = section.value(
            "path", .text, default: "data/switchboard.db",
            "The SQLite file; a relative path begins at the working directory.")
    }
}
