public import ChannelSDK
import Crypto

/// A machine's key as it is stored: recognizable by its prefix, of no use to who reads it.
public struct APIKey: Sendable, Hashable {
    /// The key's first characters, unique: what lists show, and how it is revoked.
    public let prefix: String
    public let hash: Hash
    /// Whose the key is: it can do nothing that this user can't.
    public let user: UserID
    /// What it is for, in people's words.
    public let name: String
    public let scopes: Set<Scope>
    public let createdAt: Timestamp
    /// Nil: it does not expire.
    public let expiresAt: Timestamp?
    public var revokedAt: Timestamp?

    public init(
        prefix: String, hash: Hash, user: UserID, name: String, scopes: Set<Scope>, createdAt: Timestamp,
        expiresAt: Timestamp? = nil, revokedAt: Timestamp? = nil
    ) {
        self.prefix = prefix
        self.hash = hash
        self.user = user
        self.name = name
        self.scopes = scopes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }
}

extension APIKey {
    /// SHA-256 of the whole key. A key is 256 random bits: nobody finds it by trying, so a slow hash would add nothing
    /// but load on every request.
    public struct Hash: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
        public let bytes: [UInt8]

        public init(bytes: [UInt8]) { self.bytes = bytes }

        init(of key: some StringProtocol) { bytes = Array(SHA256.hash(data: Array(key.utf8))) }

        /// In the same time for every difference.
        func matches(_ other: Self) -> Bool { Secret.matches(bytes, other.bytes) }

        public var description: String { "•••" }
        public var customMirror: Mirror { Mirror(self, children: []) }
    }
}

/// A key in clear, as it is shown once and as requests carry it: `sb_PREFIX_SECRET`, all of it letters and digits that a
/// double click selects.
struct APIKeyText {
    private static let mark = "sb_"
    private static let prefixDigits = 10
    private static let secretDigits = 52

    /// `sb_` and the prefix's digits.
    let prefix: String
    let text: String

    /// A new one: 50 bits of prefix and 256 bits of secret.
    static func make() -> Self {
        let prefix = mark + Base32.encode(RandomBytes.make(7)).prefix(prefixDigits)
        return Self(prefix: prefix, text: prefix + "_" + Base32.encode(RandomBytes.make(32)))
    }

    private init(prefix: String, text: String) {
        self.prefix = prefix
        self.text = text
    }

    /// What a request carries; nil when it can't be a key.
    init?(_ text: some StringProtocol) {
        let whole = Self.mark.utf8.count + Self.prefixDigits + 1 + Self.secretDigits
        guard text.utf8.count == whole, Self.isMarked(text) else { return nil }
        let parts = text.dropFirst(Self.mark.count).split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == Self.prefixDigits, parts.allSatisfy({ Base32.isDigits($0) })
        else { return nil }
        self.init(prefix: Self.mark + parts[0], text: String(text))
    }

    static func isMarked(_ text: some StringProtocol) -> Bool { text.hasPrefix(mark) }
}
