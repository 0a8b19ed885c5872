import ChannelSDK

/// How much each caller has used of its limits, in this process. A value: its user holds the clock.
///
/// Bounded: when there are too many subjects, those not seen for longest are forgotten, half of them at a time, and begin
/// anew with full buckets.
///
/// What replicas use they tell each other afterwards: ``claims(atMost:at:)`` says what was used since, and
/// ``settle(_:_:at:)`` what the shared limiter grants of it. What it does not grant is owed: until it is paid, the subject
/// gets nothing. So a request never waits for another machine, and of all replicas together no more is let through in the
/// long run than the limits say.
struct LimitTable: Sendable {
    struct Demand: Sendable {
        let subject: LimitedSubject
        let limits: RequestTiers
    }

    /// Requests that were let through and that the shared limiter does not know of.
    struct Claim: Sendable {
        let subject: LimitedSubject
        let limits: [RateLimit]
        let count: Int
    }

    fileprivate struct Entry {
        let limits: [RateLimit]
        var buckets: [TokenBucket]
        /// Let through and in no claim yet, or owed.
        var unclaimed = 0
        var isListed = false
        /// Something is owed; asked for again then.
        var owesUntil: Timestamp?
    }

    private let bound: Int
    private let isShared: Bool
    /// Seen since the last time that subjects were forgotten, and before.
    private var recent: [LimitedSubject: Entry] = [:]
    private var older: [LimitedSubject: Entry] = [:]
    /// Subjects with something to claim.
    private var listed: [LimitedSubject] = []

    /// - Parameters:
    ///   - bound: the most subjects held.
    ///   - isShared: whether claims are wanted.
    init(bound: Int, isShared: Bool) {
        self.bound = max(2, bound)
        self.isShared = isShared
    }

    var count: Int { recent.count + older.count }

    /// Takes one of each demand, or none of any.
    mutating func take(_ demands: [Demand], at now: Timestamp) -> LimitVerdict {
        var entries = demands.map { entry(for: $0, at: now) }
        let wait = entries.map { $0.wait(at: now) }.max() ?? .zero
        if wait == .zero {
            for index in entries.indices {
                entries[index].take()
                if isShared { list(demands[index].subject, &entries[index]) }
            }
        }
        for (demand, entry) in zip(demands, entries) { store(entry, for: demand.subject) }
        return Self.verdict(demands, entries, wait)
    }

    /// That one of each demand could not be taken now; nil: it could. Takes nothing.
    func refusal(_ demands: [Demand], at now: Timestamp) -> LimitVerdict? {
        let entries = demands.map { entry(for: $0, at: now) }
        let wait = entries.map { $0.wait(at: now) }.max() ?? .zero
        return wait == .zero ? nil : Self.verdict(demands, entries, wait)
    }

    private static func verdict(_ demands: [Demand], _ entries: [Entry], _ wait: Duration) -> LimitVerdict {
        let states = entries.flatMap { zip($0.limits, $0.buckets) }
        // Of what leaves equally little, the one that takes longest to come back.
        let narrowest = states.min {
            ($0.1.available, $1.1.timeUntilFull) < ($1.1.available, $0.1.timeUntilFull)
        }
        return LimitVerdict(
            wait: wait == .zero ? nil : wait, limit: narrowest?.0 ?? RateLimit(permits: 0, per: .seconds(1)),
            remaining: wait == .zero ? narrowest?.1.available ?? 0 : 0,
            reset: max(wait, narrowest?.1.timeUntilFull ?? .zero),
            policy: demands.map(\.limits.policy).joined(separator: ", "))
    }

    // MARK: Subjects

    private func entry(for demand: Demand, at now: Timestamp) -> Entry {
        let limits = demand.limits.limits
        guard var entry = recent[demand.subject] ?? older[demand.subject], entry.limits == limits else {
            return Entry(limits: limits, buckets: limits.map { TokenBucket($0, at: now) })
        }
        for index in entry.buckets.indices { entry.buckets[index].refill(at: now) }
        return entry
    }

    private mutating func store(_ entry: Entry, for subject: LimitedSubject) {
        recent[subject] = entry
        guard recent.count * 2 >= bound else { return }
        older = recent
        recent = [:]
    }

    private mutating func list(_ subject: LimitedSubject, _ entry: inout Entry) {
        entry.unclaimed += 1
        guard !entry.isListed, listed.count < bound else { return }
        entry.isListed = true
        listed.append(subject)
    }

    // MARK: Among replicas

    /// What is to be asked of the shared limiter, which ``settle(_:_:at:)`` must be told the answer of.
    mutating func claims(atMost most: Int, at now: Timestamp) -> [Claim] {
        var claims: [Claim] = []
        var later: [LimitedSubject] = []
        for (index, subject) in listed.enumerated() {
            guard claims.count < most else {
                later += listed[index...]
                break
            }
            guard var entry = recent[subject] ?? older[subject] else { continue }
            if let due = entry.owesUntil, due > now {
                later.append(subject)
                continue
            }
            claims.append(Claim(subject: subject, limits: entry.limits, count: entry.unclaimed))
            entry.unclaimed = 0
            update(entry, for: subject)
        }
        listed = later
        return claims
    }

    mutating func settle(_ claim: Claim, _ grant: RateLimitGrant, at now: Timestamp) {
        guard var entry = recent[claim.subject] ?? older[claim.subject] else { return }
        let owed = claim.count - grant.granted
        entry.unclaimed += owed
        entry.owesUntil = owed > 0 ? now + max(grant.retryAfter ?? .zero, .milliseconds(1)) : nil
        entry.isListed = entry.unclaimed > 0
        if entry.isListed { listed.append(claim.subject) }
        update(entry, for: claim.subject)
    }

    /// Without making it one that was seen.
    private mutating func update(_ entry: Entry, for subject: LimitedSubject) {
        if recent[subject] != nil { recent[subject] = entry } else { older[subject] = entry }
    }
}

extension LimitTable.Entry {
    /// Zero: one may pass.
    fileprivate func wait(at now: Timestamp) -> Duration {
        let own = buckets.reduce(Duration.zero) { max($0, $1.timeUntilNext) }
        guard let owesUntil else { return own }
        return max(own, owesUntil.since(now), .milliseconds(1))
    }

    fileprivate mutating func take() {
        for index in buckets.indices { buckets[index].take(1) }
    }
}
