/// A copy of what can be had elsewhere: it may be empty, stale within `lifetime`, or gone at any time, and code that
/// uses it is right without it. In process, or shared by all replicas.
public protocol Cache: Sendable {
    /// The values of `keys`, in their order; nil where there is none.
    func values(for keys: [String]) async -> [[UInt8]?]
    /// Keeps `value` under `key` for `lifetime` at most; `tags` are names by which it can be dropped together with
    /// others.
    func store(_ value: [UInt8], for key: String, lifetime: Duration, tags: [String]) async
    /// Stores many in one turn: of two with one key the later stays.
    func store(_ items: [CacheItem]) async
    /// Drops what is kept under these keys.
    func remove(_ keys: [String]) async
    /// Forgets every value that was stored with `tag`.
    func invalidate(tag: String) async
}

/// A value to be kept.
public struct CacheItem: Sendable, Hashable {
    /// By which it is found.
    public var key: String
    /// What is kept.
    public var value: [UInt8]
    /// How long it is kept at most.
    public var lifetime: Duration
    /// By which it can be removed together with others.
    public var tags: [String]

    public init(_ value: [UInt8], for key: String, lifetime: Duration, tags: [String] = []) {
        self.key = key
        self.value = value
        self.lifetime = lifetime
        self.tags = tags
    }
}

extension Cache {
    public func store(_ items: [CacheItem]) async {
        for item in items { await store(item.value, for: item.key, lifetime: item.lifetime, tags: item.tags) }
    }

    /// What is kept under one key; nil when nothing is.
    public func value(for key: String) async -> [UInt8]? { await values(for: [key])[0] }

    /// Keeps `value` under `key` for `lifetime` at most.
    public func store(_ value: [UInt8], for key: String, lifetime: Duration) async {
        await store(value, for: key, lifetime: lifetime, tags: [])
    }
}
