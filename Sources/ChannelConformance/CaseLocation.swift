/// A place in an author's source: where a failure is shown.
public struct CaseLocation: Sendable, Hashable, CustomStringConvertible {
    /// Module and file, e.g. `ChannelCarrier/CarrierTables.swift`.
    public let fileID: String
    /// As `#filePath` gives it.
    public let filePath: String
    /// From 1.
    public let line: Int
    /// From 1.
    public let column: Int

    public init(fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column) {
        self.fileID = fileID
        self.filePath = filePath
        self.line = line
        self.column = column
    }

    /// File and line, e.g. `CarrierTables.swift:12`.
    public var description: String {
        "\(fileID.split(separator: "/").last ?? "")\(fileID.isEmpty ? "" : ":")\(line)"
    }
}
