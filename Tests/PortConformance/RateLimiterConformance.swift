public import ChannelSDK
import Testing

/// What every rate limiter must do. Limits are long enough that a slow machine gets no permit back while a case runs.
public enum RateLimiterConformance {
    public static let cases: [ServiceCase<any RateLimiter>] = [
        .init("as many as the limit has, then none", upToTheLimit),
        .init("a block is given in part", partOfABlock),
        .init("the narrowest of several limits decides, and nothing is lost to the others", narrowestDecides),
        .init("keys are apart", keysAreApart),
        .init("permits come back with time, up to the limit", permitsComeBack),
        .init("after the time told there is a permit", retryAfterHolds),
        .init("odd questions", oddQuestions),
        .init("parallel callers share the permits", parallelCallers),
    ]

    private static func hourly(_ permits: Int) -> RateLimit { RateLimit(permits: permits, per: .seconds(3600)) }

    @Sendable static func upToTheLimit(_ service: ServiceUnderTest<any RateLimiter>) async throws {
        let limiter = service.port
        for _ in 0..<5 {
            let grant = await limiter.take(1, of: "a", under: [hourly(5)])
            #expect(grant == RateLimitGrant(granted: 1, retryAfter: nil))
        }
        let refused = await limiter.take(1, of: "a", under: [hourly(5)])
        #expect(refused.granted == 0)
        let wait = try #require(refused.retryAfter)
        #expect(wait > .seconds(600) && wait <= .seconds(720))
    }

    @Sendable static func partOfABlock(_ service: ServiceUnderTest<any RateLimiter>) async throws {
        let limiter = service.port
        let part = await limiter.take(100, of: "a", under: [hourly(30)])
        #expect(part.granted == 30 && part.retryAfter != nil)
        let whole = await limiter.take(30, of: "b", under: [hourly(30)])
        #expect(whole == RateLimitGrant(granted: 30, retryAfter: nil))
    }

    @Sendable static func narrowestDecides(_ service: ServiceUnderTest<any RateLimiter>) async throws {
        let limiter = service.port
        let limits = [RateLimit(permits: 4, per: .seconds(1800)), hourly(6)]
        #expect(await limiter.take(10, of: "a", under: limits).granted == 4)
        // Of the wider limit only the four are gone.
        #expect(await limiter.take(10, of: "a", under: [hourly(6)]).granted == 2)
        #expect(await limiter.take(1, of: "a", under: limits).granted == 0)
    }

    @Sendable static func keysAreApart(_ service: ServiceUnderTest<any RateLimiter>) async throws {
        let limiter = service.port
        #expect(await limiter.take(3, of: "a", under: [hourly(3)]).granted == 3)
        #expect(await limiter.take(3, of: "a ", under: [hourly(3)]).granted == 3)
        #expect(await limiter.take(3, of: "ä🙂", under: [hourly(3)]).granted == 3)
        #expect(await limiter.take(1, of: "a", under: [hourly(3)]).granted == 0)
    }

    @Sendable static func permitsComeBack(_ service: ServiceUnderTest<any RateLimiter>) async throws {
        let limiter = service.port
        let limit = RateLimit(permits: 4, per: .milliseconds(400))
        #expect(await limiter.take(4, of: "a", under: [limit]).granted == 4)
        try await service.pass(.milliseconds(201))
        let half = await limiter.take(4, of: "a", under: [limit]).granted
        #expect(half >= 2)
        try await service.pass(.seconds(2))
        #expect(await limiter.take(9, of: "a", under: [limit]).granted == 4)
    }

    @Sendable static func retryAfterHolds(_ service: ServiceUnderTest<any RateLimiter>) async throws {
        let limiter = service.port
        let limits = [RateLimit(permits: 3, per: .milliseconds(100)), RateLimit(permits: 7, per: .milliseconds(300))]
        var waits = 0
        for _ in 0..<20 {
            let grant = await limiter.take(2, of: "a", under: limits)
            guard let wait = grant.retryAfter else { continue }
            waits += 1
            #expect(wait > .zero && wait <= .milliseconds(300))
            try await service.pass(wait)
            #expect(await limiter.take(1, of: "a", under: limits).granted == 1)
        }
        #expect(waits > 0)
    }

    @Sendable static func oddQuestions(_ service: ServiceUnderTest<any RateLimiter>) async throws {
        let limiter = service.port
        #expect(await limiter.take(0, of: "a", under: [hourly(1)]) == RateLimitGrant(granted: 0, retryAfter: nil))
        #expect(await limiter.take(5, of: "a", under: []) == RateLimitGrant(granted: 5, retryAfter: nil))
        let none = await limiter.take(5, of: "a", under: [hourly(0)])
        #expect(none.granted == 0 && none.retryAfter != nil)
        #expect(await limiter.take(1, of: "a", under: [hourly(1)]).granted == 1)
    }

    @Sendable static func parallelCallers(_ service: ServiceUnderTest<any RateLimiter>) async throws {
        let limiter = service.port
        // So slow that none comes back meanwhile, by whichever clock.
        let limit = RateLimit(permits: 500, per: .seconds(360_000))
        let granted = await withTaskGroup(of: Int.self) { tasks in
            for _ in 0..<16 {
                tasks.addTask {
                    var sum = 0
                    for _ in 0..<20 { sum += await limiter.take(3, of: "a", under: [limit]).granted }
                    return sum
                }
            }
            return await tasks.reduce(0, +)
        }
        #expect(granted == 500)
    }
}
