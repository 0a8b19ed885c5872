public import ChannelSDK
import Synchronization

/// Counts the API's requests by caller. Decides in this process alone and at once; with a shared limiter, ``run()`` tells
/// it several times in a second what was let through, and learns what other replicas did.
public final class RequestLimiter: Sendable {
    private let rules: RequestRules
    private let shared: (any RateLimiter)?
    private let clock: any WallClock
    private let table: Mutex<LimitTable>

    /// Claims that are under way at once.
    private static let claimsAtOnce = 256
    private static let pause = Duration.milliseconds(50)

    /// - Parameters:
    ///   - shared: counts for all replicas; nil: there is only this one.
    ///   - callers: the most callers that are remembered.
    public init(
        _ limits: RequestLimits, shared: (any RateLimiter)? = nil, clock: any WallClock, callers: Int = 65_536
    ) {
        rules = RequestRules(limits)
        self.shared = shared
        self.clock = clock
        table = Mutex(LimitTable(bound: callers, isShared: shared != nil))
    }

    /// Counts a request; nil: nothing limits it.
    func admit(_ caller: RequestCaller, _ group: RouteGroup, at route: String? = nil) -> LimitVerdict? {
        let demands = rules.demands(of: caller, in: group, at: route)
        guard !demands.isEmpty else { return nil }
        let now = clock.now()
        return table.withLock { $0.take(demands, at: now) }
    }

    /// That a request would not pass now; nil: it would. Counts nothing.
    func refusal(_ caller: RequestCaller, _ group: RouteGroup, at route: String? = nil) -> LimitVerdict? {
        let demands = rules.demands(of: caller, in: group, at: route)
        guard !demands.isEmpty else { return nil }
        let now = clock.now()
        return table.withLock { $0.refusal(demands, at: now) }
    }

    /// How many callers are remembered.
    var callerCount: Int { table.withLock { $0.count } }

    // MARK: Among replicas

    /// Until it is canceled.
    public func run() async {
        guard shared != nil else { return }
        while (try? await Task.sleep(for: Self.pause)) != nil { await exchange() }
    }

    /// Tells the shared limiter what was let through since the last time.
    func exchange() async {
        guard let shared else { return }
        let now = clock.now()
        let claims = table.withLock { $0.claims(atMost: Self.claimsAtOnce, at: now) }
        await withTaskGroup { group in
            for claim in claims {
                group.addTask {
                    let grant = await shared.take(claim.count, of: claim.subject.description, under: claim.limits)
                    let now = self.clock.now()
                    self.table.withLock { $0.settle(claim, grant, at: now) }
                }
            }
        }
    }
}
