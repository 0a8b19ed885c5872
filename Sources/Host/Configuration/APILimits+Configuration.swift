import API
import Accounts
import ChannelSDK
import ConfigurationFile

extension APILimits {
    init(_ configuration: HostConfiguration) {
        self.init(
            maxBody: configuration.server.maxBody, maxBatch: configuration.limits.batchItems,
            attachmentBytes: configuration.limits.attachmentBytes,
            maxEventStreams: configuration.limits.eventStreams)
        maxAccountEventStreams = configuration.limits.eventStreamsPerAccount
        maxBodiesInMemory = configuration.limits.bodyMemory
        headTime = configuration.limits.headTime
        bodyTime = configuration.limits.bodyTime
        idleTime = configuration.limits.idleTime
    }
}

extension HostConfiguration {
    var trustedProxies: TrustedProxies {
        TrustedProxies(server.trustedProxies, header: .init(rawValue: server.proxyHeader.rawValue) ?? .xForwardedFor)
    }
}

extension RequestLimits {
    init(_ file: APILimitsConfiguration) {
        self.init()
        (anonymous, user, key, keys) = (file.anonymous, file.users, file.apiKeys, file.keys)
        for (name, limits) in file.roles { roles[Role(rawValue: name) ?? .viewer] = limits }
        for (name, limits) in file.routes {
            if let group = RouteGroup(rawValue: name) { groups[group] = limits } else { routes[name] = limits }
        }
    }
}

extension RequestLimiter {
    /// Nil when nothing is limited.
    convenience init?(_ configuration: HostConfiguration, _ shared: CacheAndLimits, clock: any WallClock) {
        let limits = RequestLimits(configuration.apiLimits)
        guard !limits.isEmpty else { return nil }
        self.init(limits, shared: shared.isShared ? shared.rateLimiter : nil, clock: clock)
    }
}
