public import ChannelSDK
public import HTTPTypes

/// The header in which proxies say whom they speak for. A proxy in front of the host writes one of them; the other comes
/// from the caller as it is.
public enum ProxyHeader: String, Sendable, Hashable, CaseIterable {
    case xForwardedFor = "x-forwarded-for"
    case forwarded

    var fieldName: HTTPField.Name {
        switch self {
        case .xForwardedFor: .init("X-Forwarded-For")!
        case .forwarded: .init("Forwarded")!
        }
    }
}

/// Which callers are proxies whose word about their own callers is taken.
public struct TrustedProxies: Sendable, Hashable {
    public var networks: [IPNetwork]
    public var header: ProxyHeader

    /// The longest way that is followed.
    private static let mostHops = 32

    public init(_ networks: [IPNetwork] = [], header: ProxyHeader = .xForwardedFor) {
        self.networks = networks
        self.header = header
    }

    public func contains(_ address: IPAddress) -> Bool { networks.contains { $0.contains(address) } }

    /// Who is behind a request that `peer` brought: the nearest address that is no trusted proxy. Where the proxies' words
    /// end or can't be read, it is the last proxy that could be told.
    public func client(of peer: IPAddress, _ headers: HTTPFields) -> IPAddress {
        guard !networks.isEmpty, contains(peer) else { return peer }
        var nearest = peer
        for hop in ForwardedAddresses(headers[values: header.fieldName], header).prefix(Self.mostHops) {
            guard case .address(let address) = hop else { return nearest }
            nearest = address
            guard contains(address) else { return address }
        }
        return nearest
    }
}
