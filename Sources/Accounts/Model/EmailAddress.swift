/// A user's address, kept as it was written and compared without regard to case.
///
/// Only printable ASCII is taken (a domain in other letters is written in its `xn--` form): two addresses that look
/// alike are then the same text, and no letter changes its identity when its case does.
public struct EmailAddress: Sendable, Hashable, CustomStringConvertible {
    public let text: String
    /// What is unique among users: the same text in lower case.
    public let key: String

    public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    public init(_ text: String) throws(Problem) {
        guard text.utf8.count <= 254 else { throw Problem(description: "must be at most 254 characters long") }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem(
                description: "must be printable ASCII without spaces: write a domain in other letters as xn--…")
        }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isMailbox(parts[0]), Self.isHost(parts[1]) else {
            throw Problem(description: "must be an email address, such as maria@example.com")
        }
        self.text = text
        key = text.lowercased()
    }

    /// Without the quoted forms, which nobody has and which headers and logs would have to escape.
    private static func isMailbox(_ text: Substring) -> Bool {
        let atoms = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 64 && !atoms.contains(where: \.isEmpty)
            && !text.utf8.contains { Array("\"(),:;<>[\\]".utf8).contains($0) }
    }

    private static func isHost(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "-")
                }
        }
    }

    public static func == (left: Self, right: Self) -> Bool { left.key == right.key }
    public func hash(into hasher: inout Hasher) { hasher.combine(key) }
    public var description: String { text }
}
