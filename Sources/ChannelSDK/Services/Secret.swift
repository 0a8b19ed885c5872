/// A value that must not be seen. Its description, its mirror and every dump hide it; only code that needs it asks for
/// ``revealed``.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    public init(_ value: String) { self.value = value }

    /// The secret itself: for signing and for request headers, never for a log, an error or a page.
    public var revealed: String { value }

    /// Whether it has no characters.
    public var isEmpty: Bool { value.isEmpty }

    /// `text` with every occurrence of the secret hidden: for words of a provider or a proxy that could echo what was
    /// sent to it, before they become part of an error.
    public func redacted(from text: String) -> String {
        isEmpty ? text : text.replacing(value, with: description)
    }

    public var description: String { "•••" }
    public var debugDescription: String { "•••" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret {
    /// Compares every byte whatever the outcome, so that the time taken tells nothing about the place of a difference.
    /// A difference in length shows at once.
    public static func matches(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The same of texts, by their UTF-8 bytes.
    public static func matches(_ left: String, _ right: String) -> Bool { matches(left.utf8, right.utf8) }
}
