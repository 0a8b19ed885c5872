import ChannelSDK

/// What a caller who wants permits hears.
enum PermitTurn: Sendable, Hashable {
    case granted(RateLimitGrant)
    /// To ask Redis for so many, and tell by ``LeaseBook/settle(_:_:at:)``.
    case ask(Int)
    /// Redis can't be asked.
    case alone
}

/// What Redis granted, and the time until it would grant another.
struct PermitAnswer: Sendable, Hashable {
    let granted: Int
    let wait: Duration
}
