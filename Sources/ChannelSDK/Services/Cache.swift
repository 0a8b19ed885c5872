/// A copy of what can be had elsewhere: it may be empty, stale within `lifetime`, or gone at any time, and code that
/// uses it is right without it. In process, or shared by all replicas.
public protocol Cache: Sendable {
    /// The values of `keys`, in their order; nil where there is none.
    func values(for keys: [String]) async -> [[UInt8]?]
    /// Keeps `value` under `key` for `lifetime` at most; `tags` are names by which it can be dropped together with
    /// others.
    func store(_ value: [UInt8], for key: String, lifetime: Duration, tags: [String]) async
    /// Drops what is kept under these keys.
    func remove(_ keys: [String]) async
    /// Forgets every value that was stored with `tag`.
    func invalidate(tag: String) async
}

extension Cache {
    /// What is kept under one key; nil when nothing is.
    public func value(for key: String) async -> [UInt8]? { await values(for: [key])[0] }

    /// Keeps `value` under `key` for `lifetime` at most.
    public func store(_ value: [UInt8], for key: String, lifetime: Duration) async {
        await store(value, for: key, lifetime: lifetime, tags: [])
    }
}
