import ConfigurationFile
import Foundation
import Logging

extension Logger {
    /// To standard error, as text or as one JSON object a line.
    init(_ configuration: LogConfiguration, _ level: SharedLogLevel) {
        switch configuration.format {
        case .text:
            self.init(label: "switchboard") { SharedLevelHandler(StreamLogHandler.standardError(label: $0), level) }
        case .json: self.init(label: "switchboard") { _ in SharedLevelHandler(JSONLogHandler(), level) }
        }
    }
}

/// One JSON object a line: `at`, `level`, `message`, and the metadata by their names.
struct JSONLogHandler: LogHandler {
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata.merging(event.metadata ?? [:]) { _, new in new }.mapValues { "\($0)" }
        fields["at"] = Date().ISO8601Format(.iso8601(timeZone: .gmt, includingFractionalSeconds: true))
        fields["level"] = event.level.rawValue
        fields["message"] = "\(event.message)"
        guard var line = try? JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys]) else { return }
        line.append(UInt8(ascii: "\n"))
        FileHandle.standardError.write(line)
    }
}
