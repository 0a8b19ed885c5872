/// A status of a delivery, as the channel's graph names it: lower case letters, digits and `_`.
public struct StatusName: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ name: String) { self.rawValue = name }
    public init(stringLiteral name: String) { self.rawValue = name }

    public var description: String { rawValue }
}

/// The statuses that the host itself gives. In every graph they stand before the channel's own, in this order, so
/// that any evidence from a provider outweighs them: a delivery that was canceled but turns out sent says `sent`.
extension StatusName {
    /// Durable in the log; no provider has taken it yet. Every graph's initial status.
    public static let accepted: StatusName = "accepted"
    /// No provider took it: a permanent error, or every attempt was used up.
    public static let rejected: StatusName = "rejected"
    /// Its time ran out before a provider took it.
    public static let expired: StatusName = "expired"
    /// The application withdrew it before a provider took it.
    public static let canceled: StatusName = "canceled"
    /// The request left, and whether the provider took it is not known.
    public static let uncertain: StatusName = "uncertain"
}
