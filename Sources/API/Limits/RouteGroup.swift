/// Addresses of the API that are limited together, by the first part of their path.
public enum RouteGroup: String, Sendable, Hashable, CaseIterable {
    case notifications, events, auth, users, webhooks, unsubscribe, health
    /// What is not one of these, and what does not exist.
    case other

    /// Their callers are machines that poll or report, a mailbox provider's for all who unsubscribe there: they have limits
    /// of their own, and not those of everybody.
    var isApart: Bool { self == .webhooks || self == .health || self == .unsubscribe }

    /// - Parameter endpoint: the path of the route, e.g. `/webhooks/{channel}`; nil when there is none.
    init(endpoint: String?) {
        guard let first = endpoint?.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1).first else {
            self = .other
            return
        }
        let name = Substring(first)
        self = name == "metrics" ? .health : Self(rawValue: String(name)) ?? .other
    }
}
