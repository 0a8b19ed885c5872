public import ChannelSDK
public import Logging
import Synchronization

/// Counts permits in Redis (5 or later), for all replicas that name the same server, database and prefix: a token bucket
/// for each key and limit.
///
/// Where permits are wanted often they are taken in blocks, up to what the limit gives back in a tenth of a second: each
/// replica may use those up to half a second later than Redis has counted them.
///
/// While Redis is gone each replica counts by itself, up to its share of the limits. When Redis has lost its data, all
/// buckets are full again.
public final class RedisRateLimiter: RateLimiter {
    let connection: RedisConnection
    private let prefix: String
    private let replicas: Int
    private let clock: any WallClock
    private let logger: Logger
    private let book = Mutex(LeaseBook<CheckedContinuation<PermitTurn, Never>>())
    /// What this replica has used of its share, also while Redis counts: a lost Redis is no second helping.
    private let share = Mutex(TokenBuckets())
    private let isRefused = Mutex(false)

    /// Begins to connect, and does not wait for it: ``health()`` does.
    /// - Parameters:
    ///   - replicas: how many processes share the limits: the part of each while Redis is gone.
    ///   - clock: for what is counted here; Redis counts by its own.
    /// - Throws: ``RedisError`` with the code `configuration`.
    public init(
        _ configuration: RedisCache.Configuration, replicas: Int, clock: any WallClock, logger: Logger
    ) throws(RedisError) {
        guard replicas > 0 else {
            throw RedisError(.configuration, "\(replicas) replicas can't share limits: use 1 or more")
        }
        connection = try RedisConnection(configuration, logger: logger)
        prefix = configuration.prefix
        self.replicas = replicas
        self.clock = clock
        self.logger = logger
    }

    /// How long Redis takes to answer.
    /// - Throws: ``RedisError`` with the reason why it does not.
    public func health() async throws(RedisError) -> Duration { try await connection.health() }

    /// Ends the connection; from then on this replica counts by itself. Waits for the connection's thread, which may be
    /// resolving the host's name.
    public func close() async { await connection.close() }

    public func take(_ count: Int, of key: String, under limits: [RateLimit]) async -> RateLimitGrant {
        guard count > 0 else { return RateLimitGrant(granted: 0, retryAfter: nil) }
        guard !limits.isEmpty else { return RateLimitGrant(granted: count, retryAfter: nil) }
        let subject = LimitSubject(key: key, limits: limits)
        let now = clock.now()
        if book.withLock({ $0.serve(count, of: subject, at: now) }) {
            return RateLimitGrant(granted: count, retryAfter: nil)
        }
        var turn = await withCheckedContinuation { waiter in
            let turn = book.withLock { $0.begin(count, of: subject, waiter: waiter, at: now) }
            if let turn { waiter.resume(returning: turn) }
        }
        if case .ask(let wanted) = turn { turn = await lead(wanted, subject) }
        if case .granted(let grant) = turn { return grant }
        return takeFromShare(count, subject)
    }

    /// Asks Redis for the caller and for all who wait with it.
    private func lead(_ wanted: Int, _ subject: LimitSubject) async -> PermitTurn {
        let answer = await ask(wanted, subject)
        if let answer { takeFromShare(answer.granted, subject) }
        let now = clock.now()
        let settlement = book.withLock { $0.settle(subject, answer, at: now) }
        for (waiter, turn) in settlement.others { waiter.resume(returning: turn) }
        return settlement.own
    }

    /// How many wait for an answer of Redis.
    var waitingCallers: Int { book.withLock { $0.callerCount } }

    // MARK: Alone

    @discardableResult
    private func takeFromShare(_ count: Int, _ subject: LimitSubject) -> RateLimitGrant {
        let now = clock.now()
        let limits = subject.limits.map { $0.share(of: replicas) }
        return share.withLock { $0.take(count, of: subject.key, under: limits, at: now) }
    }

    // MARK: Redis

    private func ask(_ wanted: Int, _ subject: LimitSubject) async -> PermitAnswer? {
        let call = ScriptCall(
            .takePermits, keys: subject.limits.map { "\(prefix)limit:\($0.permits)/\($0.microseconds):\(subject.key)" },
            arguments: ([wanted] + subject.limits.flatMap { [max(0, $0.permits), $0.microseconds] }).map {
                Array(String($0).utf8)
            })
        guard var reply = try? await connection.perform(call.byDigest) else { return nil }
        if call.isUnknown(reply) {
            guard let again = try? await connection.perform(call.bySource) else { return nil }
            reply = again
        }
        noteRefusal(reply)
        guard case .array(let parts) = reply, parts.count == 2, case .integer(let granted) = parts[0],
            case .integer(let wait) = parts[1]
        else { return nil }
        return PermitAnswer(granted: Int(granted), wait: .milliseconds((wait + 999) / 1000))
    }

    /// Warns once, until Redis counts again.
    private func noteRefusal(_ reply: RedisReply) {
        let isNew = isRefused.withLock { isRefused in
            defer { isRefused = reply.errorText != nil }
            return !isRefused && reply.errorText != nil
        }
        guard isNew, let text = reply.errorText else { return }
        logger.warning(
            "Redis does not count rate limits; this replica counts up to its share", metadata: ["error": "\(text)"])
    }
}
