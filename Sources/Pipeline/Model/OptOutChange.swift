public import ChannelSDK

/// A word on whether a recipient wants to hear from us. Of all words about one key the last one holds.
public struct OptOutChange: Sendable, Hashable {
    /// Where a word comes from; newer versions may know others.
    public struct Source: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The recipient wrote one of the channel's keywords.
        public static let keyword = Source(rawValue: "keyword")
        /// The recipient called a message spam.
        public static let complaint = Source(rawValue: "complaint")
        /// The recipient asked the provider, or a mail's unsubscribe address, or took that back.
        public static let unsubscribe = Source(rawValue: "unsubscribe")
        /// Somebody said so by the API.
        public static let api = Source(rawValue: "api")
    }

    public let key: OptOutKey
    /// False: the recipient takes back their opting out.
    public let isOptedOut: Bool
    /// When it was said.
    public let at: Timestamp
    public let source: Source
    /// The message that says it, by channel and the provider's id, where the provider gives no time: ``at`` is only when
    /// it came then, and whenever it comes again it says what it said when it first came.
    public let message: String?

    public init(key: OptOutKey, isOptedOut: Bool, at: Timestamp, source: Source, message: String? = nil) {
        self.key = key
        self.isOptedOut = isOptedOut
        self.at = at
        self.source = source
        self.message = message
    }

    /// The same word, said at `moment`.
    public func said(at moment: Timestamp) -> OptOutChange {
        OptOutChange(key: key, isOptedOut: isOptedOut, at: moment, source: source)
    }

    /// Whether this word holds against another about the same key, whichever came first: the later one does. Of two at
    /// one moment, as where a provider's clock counts seconds, the one that forbids does. Never true of equals.
    public func outweighs(_ other: OptOutChange) -> Bool {
        if at != other.at { return at > other.at }
        if isOptedOut != other.isOptedOut { return isOptedOut }
        return other.source.rawValue.utf8.lexicographicallyPrecedes(source.rawValue.utf8)
    }

    /// For each key the word that holds, in the order of the keys' bytes: as stores write them, so that two who write at
    /// once never wait for each other in a circle.
    public static func standing(among changes: [OptOutChange]) -> [OptOutChange] {
        var standing: [OptOutKey: OptOutChange] = [:]
        for change in changes {
            if let other = standing[change.key], !change.outweighs(other) { continue }
            standing[change.key] = change
        }
        return standing.values.sorted { left, right in
            left.key.list == right.key.list
                ? left.key.address.utf8.lexicographicallyPrecedes(right.key.address.utf8)
                : left.key.list.utf8.lexicographicallyPrecedes(right.key.list.utf8)
        }
    }
}
