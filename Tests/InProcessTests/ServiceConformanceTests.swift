import ChannelSDK
import PortConformance
import Testing

@testable import InProcess

@Suite struct ServiceConformanceTests {
    @Test(arguments: CacheConformance.cases)
    func cache(_ conformance: ServiceCase<any Cache>) async throws {
        let clock = SteppedClock()
        try await conformance.run(on: ServiceUnderTest(InProcessCache(clock: clock)) { clock.advance(by: $0) })
    }

    @Test(arguments: RateLimiterConformance.cases)
    func rateLimiter(_ conformance: ServiceCase<any RateLimiter>) async throws {
        let clock = SteppedClock()
        try await conformance.run(on: ServiceUnderTest(InProcessRateLimiter(clock: clock)) { clock.advance(by: $0) })
    }
}
