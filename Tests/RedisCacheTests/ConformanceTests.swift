import ChannelSDK
import Logging
import PortConformance
import RedisCache
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ConformanceTests {
    @Test(arguments: CacheConformance.cases)
    func cache(_ conformance: ServiceCase<any Cache>) async throws {
        let cache = try RedisCache(SharedServer.configuration(), logger: Logger(label: "test"))
        _ = try await cache.health()
        try await conformance.run(on: ServiceUnderTest(cache) { try await Task.sleep(for: $0) })
        await cache.close()
    }

    @Test(arguments: RateLimiterConformance.cases)
    func rateLimiter(_ conformance: ServiceCase<any RateLimiter>) async throws {
        let limiter = try RedisRateLimiter(
            SharedServer.configuration(), replicas: 1, clock: RunningClock(), logger: Logger(label: "test"))
        _ = try await limiter.health()
        try await conformance.run(on: ServiceUnderTest(limiter) { try await Task.sleep(for: $0) })
        await limiter.close()
    }
}
