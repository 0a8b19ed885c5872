import ChannelSDK

/// Permits that were taken in advance, and callers who wait for more; decides who asks Redis for how many.
///
/// Of all who want permits of a subject at once, one asks for all of them, and for as many besides as were wanted lately:
/// the next callers are served from those without asking anybody.
struct LeaseBook<Waiter> {
    struct Settlement {
        /// For the one who asked.
        let own: PermitTurn
        let others: [(waiter: Waiter, turn: PermitTurn)]
    }

    private struct Caller {
        let count: Int
        /// Nil: the one who asks.
        var waiter: Waiter?
    }

    private struct Lease {
        var permits = 0
        var takenAt = Timestamp.distantPast
        var demand = Demand()
        /// The first of them is asking.
        var callers: [Caller] = []
        /// What was asked for.
        var asked = 0
    }

    private var leases: [LimitSubject: Lease] = [:]
    /// Leases are looked through for idle ones when there are so many.
    private var sweepAt = 1024

    /// Permits for `count`, if they are here already.
    mutating func serve(_ count: Int, of subject: LimitSubject, at now: Timestamp) -> Bool {
        guard var lease = leases[subject], lease.callers.isEmpty else { return false }
        drop(&lease, ifOver: subject, at: now)
        guard lease.permits >= count else { return false }
        lease.permits -= count
        lease.demand.note(count, at: now)
        leases[subject] = lease
        return true
    }

    /// - Returns: what the caller shall do; nil: wait, for the turn that another's settlement brings.
    mutating func begin(_ count: Int, of subject: LimitSubject, waiter: Waiter, at now: Timestamp) -> PermitTurn? {
        if serve(count, of: subject, at: now) { return .granted(RateLimitGrant(granted: count, retryAfter: nil)) }
        sweep(now)
        var lease = leases[subject] ?? Lease()
        defer { leases[subject] = lease }
        drop(&lease, ifOver: subject, at: now)
        lease.demand.note(count, at: now)
        lease.callers.append(Caller(count: count, waiter: waiter))
        guard lease.callers.count == 1 else { return nil }
        lease.callers[0].waiter = nil
        return ask(&lease, subject)
    }

    /// Redis has answered the one who asked; nil: it did not.
    mutating func settle(_ subject: LimitSubject, _ answer: PermitAnswer?, at now: Timestamp) -> Settlement {
        guard var lease = leases[subject] else { return Settlement(own: .alone, others: []) }
        defer { leases[subject] = lease }
        guard let answer else {
            defer { lease.callers = [] }
            return Settlement(own: .alone, others: lease.callers.compactMap { $0.waiter.map { ($0, .alone) } })
        }
        if answer.granted > 0 { (lease.permits, lease.takenAt) = (lease.permits + answer.granted, now) }
        var turns: [PermitTurn] = []
        for caller in lease.callers {
            // Who came after the question was asked has not been asked for; but if there were too few, there are none.
            guard turns.isEmpty || lease.permits >= caller.count || answer.granted < lease.asked else { break }
            let given = min(caller.count, lease.permits)
            lease.permits -= given
            let wait = given < caller.count ? max(answer.wait, .milliseconds(1)) : nil
            turns.append(.granted(RateLimitGrant(granted: given, retryAfter: wait)))
        }
        var others = zip(lease.callers, turns).compactMap { caller, turn in caller.waiter.map { ($0, turn) } }
        lease.callers.removeFirst(turns.count)
        if let next = lease.callers.first?.waiter {
            lease.callers[0].waiter = nil
            others.append((next, ask(&lease, subject)))
        }
        return Settlement(own: turns[0], others: others)
    }

    /// How many subjects are held.
    var count: Int { leases.count }

    /// How many callers have not been told yet.
    var callerCount: Int { leases.values.reduce(0) { $0 + $1.callers.count } }

    private func ask(_ lease: inout Lease, _ subject: LimitSubject) -> PermitTurn {
        let wanted = lease.callers.reduce(0) { min($0, Self.most) + min($1.count, Self.most) }
        let block = min(subject.largestBlock, lease.demand.others(than: min(wanted, lease.callers[0].count)))
        // Of a limit without permits one is asked for: Redis tells how long to wait.
        lease.asked = max(1, min(wanted - lease.permits + block, subject.mostPermits))
        return .ask(lease.asked)
    }

    private static var most: Int { 1 << 40 }

    private func drop(_ lease: inout Lease, ifOver subject: LimitSubject, at now: Timestamp) {
        let age = now.since(lease.takenAt)
        // A clock set back makes no lease longer.
        if age >= subject.leaseTime || age < .zero { lease.permits = 0 }
    }

    private mutating func sweep(_ now: Timestamp) {
        guard leases.count >= sweepAt else { return }
        leases = leases.filter { subject, lease in
            !lease.callers.isEmpty || !lease.demand.isOver(at: now)
                || lease.permits > 0 && now.since(lease.takenAt) < subject.leaseTime
        }
        sweepAt = max(1024, leases.count * 2)
    }
}
