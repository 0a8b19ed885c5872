public import Accounts
public import ChannelSDK

/// How many requests the API takes from whom. Each list holds as a whole; an empty one is no limit.
public struct RequestLimits: Sendable, Hashable {
    /// Of a caller without credentials, by address: one of IPv4, 64 bits of IPv6.
    public var anonymous: [RateLimit] = []
    /// Of a user, over all of the user's tokens and addresses.
    public var user: [RateLimit] = []
    /// In place of ``user``.
    public var roles: [Role: [RateLimit]] = [:]
    /// Of an API key.
    public var key: [RateLimit] = []
    /// In place of ``key``, by the key's prefix.
    public var keys: [String: [RateLimit]] = [:]
    /// Of each caller in one group of addresses: besides the caller's own limits, or in their place where the group is
    /// apart.
    public var groups: [RouteGroup: [RateLimit]] = [:]
    /// Of each caller at one address, by ``APIRoute/name``: besides all others that hold there.
    public var routes: [String: [RateLimit]] = [:]

    public init() {}

    /// 3 in a second, 20 in ten seconds, 100 in a minute: for people, and for who is not known.
    public static let standard = [
        RateLimit(permits: 3, per: .seconds(1)), RateLimit(permits: 20, per: .seconds(10)),
        RateLimit(permits: 100, per: .seconds(60)),
    ]

    /// Whether nothing is limited.
    public var isEmpty: Bool {
        anonymous.isEmpty && user.isEmpty && key.isEmpty && roles.values.allSatisfy(\.isEmpty)
            && keys.values.allSatisfy(\.isEmpty) && groups.values.allSatisfy(\.isEmpty)
            && routes.values.allSatisfy(\.isEmpty)
    }
}

/// The same, made ready to be looked up for each request. No tiers: no limit.
struct RequestRules: Sendable {
    private let anonymous, user, key: RequestTiers?
    private let roles: [Role: RequestTiers?]
    private let keys: [String: RequestTiers?]
    private let groups: [RouteGroup: RequestTiers]
    private let routes: [String: RequestTiers]

    init(_ limits: RequestLimits) {
        anonymous = RequestTiers(limits.anonymous)
        user = RequestTiers(limits.user)
        key = RequestTiers(limits.key)
        roles = limits.roles.mapValues { RequestTiers($0) }
        keys = limits.keys.mapValues { RequestTiers($0) }
        groups = limits.groups.compactMapValues { RequestTiers($0) }
        routes = limits.routes.compactMapValues { RequestTiers($0) }
    }

    /// Up to three, or none: a caller's own, and those of the group and of the route.
    func demands(of caller: RequestCaller, in group: RouteGroup, at route: String?) -> [LimitTable.Demand] {
        var demands: [LimitTable.Demand] = []
        if !group.isApart, let tiers = tiers(of: caller) {
            demands.append(.init(subject: .init(caller: caller, group: nil), limits: tiers))
        }
        if let tiers = groups[group] {
            demands.append(.init(subject: .init(caller: caller, group: group), limits: tiers))
        }
        if !routes.isEmpty, let route, let tiers = routes[route] {
            demands.append(.init(subject: .init(caller: caller, group: nil, route: route), limits: tiers))
        }
        return demands
    }

    private func tiers(of caller: RequestCaller) -> RequestTiers? {
        switch caller {
        case .address, .nobody: anonymous
        case .user(_, let role): roles[role] ?? user
        case .key(let prefix): keys[prefix] ?? key
        }
    }
}

/// Limits that hold together, one at least, and how callers are told of them.
struct RequestTiers: Sendable {
    let limits: [RateLimit]
    let policy: String

    /// Nil when there are none. A limit named twice counts once.
    init?(_ limits: [RateLimit]) {
        guard !limits.isEmpty else { return nil }
        self.limits = limits.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        policy = self.limits.policy
    }
}
