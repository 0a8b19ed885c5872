import API
import ChannelSDK
import ConfigurationFile
import InProcess
import Logging
import RedisCache

/// The cache and the rate limiter that every channel and the host itself get: in process, or shared in Redis.
struct CacheAndLimits: Sendable {
    let cache: any Cache
    let rateLimiter: any RateLimiter
    let checks: [APIHealth.Check]
    let close: @Sendable () async -> Void

    static func inProcess(clock: any WallClock) -> CacheAndLimits {
        CacheAndLimits(
            cache: InProcessCache(clock: clock), rateLimiter: InProcessRateLimiter(clock: clock), checks: [], close: {})
    }

    /// Waits a moment for what is shared, where something is. For commands: what they change is to be forgotten there.
    func settle() async {
        for check in checks {
            for _ in 0..<20 {
                guard await check.run() != nil else { break }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// Connects in the background: nobody waits for a Redis that is not there.
    static func redis(
        _ configuration: RedisConfiguration, clock: any WallClock, logger: Logger
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
        let check = APIHealth.Check("cache") {
            do {
                _ = try await cache.health()
                return nil
            } catch {
                return "\(error)"
            }
        }
        return CacheAndLimits(
            cache: cache, rateLimiter: limiter, checks: [check],
            close: {
                await cache.close()
                await limiter.close()
            })
    }
}

extension RedisCache.Configuration {
    init(_ redis: RedisConfiguration) {
        self.init(
            host: redis.host, port: redis.port, password: redis.password, username: redis.username,
            database: redis.database, prefix: redis.prefix)
    }
}
