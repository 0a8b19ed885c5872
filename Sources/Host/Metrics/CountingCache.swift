import ChannelSDK
import CoreMetrics
import Pipeline

/// A cache that counts what it is asked for: once for each look-up, however many keys it names.
struct CountingCache: Cache {
    private let cache: any Cache
    private let isReachable: @Sendable () -> Bool
    private let hits: Counter
    private let misses: Counter
    private let bypasses: Counter

    /// - Parameter isReachable: false while there are no values because the cache itself is away.
    init(
        _ cache: any Cache, _ factory: any MetricsFactory, isReachable: @escaping @Sendable () -> Bool = { true }
    ) {
        (self.cache, self.isReachable) = (cache, isReachable)
        hits = MetricDefinition.cacheLookUps.counter(factory, "hit")
        misses = MetricDefinition.cacheLookUps.counter(factory, "miss")
        bypasses = MetricDefinition.cacheLookUps.counter(factory, "bypass")
    }

    func values(for keys: [String]) async -> [[UInt8]?] {
        let values = await cache.values(for: keys)
        let found = values.count { $0 != nil }
        if found > 0 { hits.increment(by: found) }
        if found < keys.count { (isReachable() ? misses : bypasses).increment(by: keys.count - found) }
        return values
    }

    func store(_ value: [UInt8], for key: String, lifetime: Duration, tags: [String]) async {
        await cache.store(value, for: key, lifetime: lifetime, tags: tags)
    }

    func store(_ items: [CacheItem]) async { await cache.store(items) }

    func remove(_ keys: [String]) async { await cache.remove(keys) }

    func invalidate(tag: String) async { await cache.invalidate(tag: tag) }
}
