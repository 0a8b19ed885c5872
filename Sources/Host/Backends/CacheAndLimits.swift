import API
import ChannelSDK
import ConfigurationFile
import CoreMetrics
import InProcess
import Logging
import RedisCache

/// The cache and the rate limiter that every channel and the host itself get: in process, or shared in Redis.
struct CacheAndLimits: Sendable {
    let cache: any Cache
    let rateLimiter: any RateLimiter
    /// Whether other replicas count by the same limiter.
    let isShared: Bool
    let checks: [APIHealth.Check]
    let close: @Sendable () async -> Void

    static func inProcess(clock: any WallClock, metrics: any MetricsFactory = NOOPMetricsHandler.instance)
        -> CacheAndLimits
    {
        CacheAndLimits(
            cache: CountingCache(InProcessCache(clock: clock), metrics),
            rateLimiter: InProcessRateLimiter(clock: clock), isShared: false, checks: [], close: {})
    }

    /// Waits a moment for what is shared, where something is. For commands: what they change is to be forgotten there.
    func settle() async {
        for check in checks {
            for _ in 0..<20 {
                guard await check.run().trouble != nil else { break }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// Connects in the background: nobody waits for a Redis that is not there.
    static func redis(
        _ configuration: RedisConfiguration, clock: any WallClock, metrics: any MetricsFactory, logger: Logger
    ) throws -> CacheAndLimits {
        let settings = RedisCache.Configuration(configuration)
        let cache: RedisCache
        let limiter: RedisRateLimiter
        do {
            cache = try RedisCache(settings, logger: logger)
            limiter = try RedisRateLimiter(settings, replicas: configuration.replicas, clock: clock, logger: logger)
        } catch {
            throw BackendsRefusal(description: "\(error)")
        }
        let checks = [
            APIHealth.Check("cache") { await trouble { try await cache.health() } },
            APIHealth.Check("rate_limiter") { await trouble { try await limiter.health() } },
        ]
        return CacheAndLimits(
            cache: CountingCache(cache, metrics) { cache.isReachable }, rateLimiter: limiter, isShared: true,
            checks: checks,
            close: {
                await cache.close()
                await limiter.close()
            })
    }
}

/// What is wrong when `ask` fails; for people.
func trouble<Answer>(_ ask: () async throws -> Answer) async -> String? {
    do {
        _ = try await ask()
        return nil
    } catch {
        return "\(error)"
    }
}

extension RedisCache.Configuration {
    init(_ redis: RedisConfiguration) {
        self.init(
            host: redis.host, port: redis.port, password: redis.password, username: redis.username,
            database: redis.database, prefix: redis.prefix)
    }
}
