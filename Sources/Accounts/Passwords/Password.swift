import ChannelSDK
import Foundation

/// A password in clear, on its way from a request to a hash. It is shown nowhere.
///
/// Its text is in Unicode's composed form, so that a letter is the same letter whichever keyboard wrote it.
public struct Password: Sendable, CustomStringConvertible, CustomReflectable {
    let text: String

    /// - Returns: nil for what is longer than any password may be, or empty: nobody has such a one.
    public init?(_ text: String) {
        guard (1...Self.maxBytes).contains(text.utf8.count) else { return nil }
        self.text = text.precomposedStringWithCanonicalMapping
    }

    /// Long enough for any passphrase, and short enough that nobody makes the host read or compose megabytes.
    static let maxBytes = 1024
    /// Eight characters are within reach of who steals the hashes, at this cost too; twelve are not, unless they are
    /// guessable. Rules about kinds of characters make no password better, so there are none.
    static let minCharacters = 12
    /// "aaaaaaaaaaaa" and "121212121212" are long, and guessed first.
    static let minDifferentCharacters = 5

    /// What a new password must be, besides not too long.
    static func problem(of text: String, email: EmailAddress?) -> String? {
        if text.utf8.count > maxBytes { return "must be at most \(maxBytes) bytes long" }
        if text.count < minCharacters { return "must be at least \(minCharacters) characters long" }
        if Set(text).count < minDifferentCharacters {
            return "must have at least \(minDifferentCharacters) different characters"
        }
        if let email, text.lowercased() == email.key { return "must not be the email address" }
        return nil
    }

    public var description: String { "•••" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
