public import Accounts
public import ChannelSDK

/// Whom a request counts for.
public enum RequestCaller: Sendable, Hashable {
    case address(IPAddress)
    /// No address is known: all such callers are one.
    case nobody
    case user(UserID, Role)
    /// By its prefix.
    case key(String)

    /// - Parameter address: of IPv6 the first 64 bits count, because a single customer has all that begin with them.
    public init(_ address: IPAddress?) {
        guard let address else {
            self = .nobody
            return
        }
        self = .address(address.isIPv4 ? address : address.masked(to: 64))
    }

    /// - Parameter principal: nil without good credentials: then the address counts.
    public init(_ principal: Principal?, at address: @autoclosure () -> IPAddress?) {
        guard let principal else {
            self.init(address())
            return
        }
        switch principal.credential {
        case .token: self = .user(principal.user, principal.role)
        case .key(let prefix): self = .key(prefix)
        case .host: self.init(address())
        }
    }
}

/// What is counted: a caller, by itself, within one group of addresses, or at one address.
struct LimitedSubject: Hashable, CustomStringConvertible {
    let caller: RequestCaller
    let group: RouteGroup?
    var route: String?

    /// The key under which replicas count together.
    var description: String {
        let name =
            switch caller {
            case .address(let address): "address:\(address)"
            case .nobody: "nobody"
            case .user(let user, _): "user:\(user)"
            case .key(let prefix): "key:\(prefix)"
            }
        return (route ?? group?.rawValue).map { "api:\($0):\(name)" } ?? "api:\(name)"
    }
}
