/// What the host logs, and how.
public struct LogConfiguration: Sendable, Hashable {
    /// The names are swift-log's.
    public enum Level: String, Sendable, Hashable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// For people.
        case text
        /// One JSON object per line.
        case json
    }

    public var level: Level
    public var format: Format

    public init() { self = Section.defaults { Self(&$0) } }
}

extension LogConfiguration {
    init(_ section: inout Section) {
        level = section.value("level", .choice, default: .info, "The least level that is logged.")
        format = section.value("format", .choice, default: .text, "Text for people, or one JSON object per line.")
    }
}
