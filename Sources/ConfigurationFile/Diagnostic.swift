public import YAMLDocument

/// Something to say about the configuration file, for people.
///
/// Its description is what compilers print, so that editors can jump to it:
///
///     channels.yaml:12:7: error: unknown key 'porviders' in channels.sms; did you mean 'provider'?
///           porviders: twilio
///           ^
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    public enum Severity: String, Sendable, Hashable {
        /// The file is refused.
        case error
        /// The file works, but probably not as meant.
        case warning
    }

    public let severity: Severity
    /// The file as the operator named it.
    public let file: String
    /// Nil where the file as a whole is meant.
    public let position: YAMLPosition?
    /// What is wrong and what to do. It holds no secret and no value of a variable.
    public let message: String
    /// The line of the file, its secrets masked.
    public let excerpt: SourceExcerpt?

    /// File, line and column, as far as they are known.
    public var place: String { position.map { "\(file):\($0.line):\($0.column)" } ?? file }

    public var description: String {
        let headline = "\(place): \(severity.rawValue): \(message)"
        return excerpt.map { "\(headline)\n\($0)" } ?? headline
    }
}
