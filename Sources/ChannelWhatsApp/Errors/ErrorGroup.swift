import ChannelSDK

/// What an error of a provider's asks for, the same for every provider.
enum ErrorGroup: Sendable, Hashable, CaseIterable {
    /// Not processed: slow down and send it again.
    case rateLimit
    /// Too many messages to this one recipient; everybody else can be sent to.
    case recipientLimit
    /// A daily allowance is used up: nothing goes out for hours.
    case dailyCap
    case transient
    /// The recipient has not written for 24 hours, so only templates may be sent.
    case windowClosed
    case recipient, optedOut, blocked, content, configuration

    var failureKind: DeliveryFailure.Kind {
        switch self {
        case .rateLimit, .recipientLimit, .dailyCap: .rateLimit
        case .transient: .transient
        case .windowClosed, .content: .content
        case .recipient: .recipient
        case .optedOut: .optedOut
        case .blocked: .blocked
        case .configuration: .configuration
        }
    }

    /// How an attempt ended that was answered with an error of this group.
    func outcome(_ failure: DeliveryFailure, retryAfter: Duration?) -> DeliveryOutcome {
        switch self {
        case .rateLimit: .throttled(failure, after: retryAfter)
        // WhatsApp allows one message in six seconds to one recipient, beyond a burst.
        case .recipientLimit: .retry(failure, after: retryAfter ?? .seconds(6))
        // Nobody says when the cap is lifted: ask once an hour.
        case .dailyCap: .throttled(failure, after: retryAfter ?? .seconds(3600))
        case .transient: .retry(failure, after: retryAfter)
        case .windowClosed, .recipient, .optedOut, .blocked, .content, .configuration: .rejected(failure)
        }
    }
}
