import ChannelSDK

/// Twilio's error codes that decide what happens next. They come in the answer to a request and in status callbacks.
struct TwilioErrorCode: Sendable, Hashable {
    enum Group: Sendable, Hashable, CaseIterable {
        /// Never processed: slow down and send it again.
        case rateLimit
        /// A daily allowance is used up: nothing goes out for hours.
        case dailyCap
        case transient
        case recipient, optedOut, blocked, content, configuration
    }

    let code: Int
    let group: Group
    /// For people; continues the code.
    let title: String

    static func known(_ code: Int) -> TwilioErrorCode? { table[code] }

    /// How an attempt ended that got this code as its answer.
    func outcome(message: String?, retryAfter: Duration?) -> DeliveryOutcome {
        let failure = DeliveryFailure(group.failureKind, code: String(code), message: message ?? title)
        return switch group {
        case .rateLimit: .throttled(failure, after: retryAfter)
        // Twilio does not say when the cap is lifted: ask once an hour.
        case .dailyCap: .throttled(failure, after: retryAfter ?? .seconds(3600))
        case .transient: .retry(failure, after: retryAfter)
        case .recipient, .optedOut, .blocked, .content, .configuration: .rejected(failure)
        }
    }

    private static let table = Dictionary(uniqueKeysWithValues: all.map { ($0.code, $0) })

    static let all: [TwilioErrorCode] =
        group(
            .rateLimit,
            [
                20429: "too many requests", 21611: "the sender's queue is full", 30001: "the queue is full",
                30022: "the sender's messages per second are used up", 63017: "the channel's rate limit is reached",
                63018: "the recipient's rate limit is reached",
            ])
        + group(
            .dailyCap,
            [
                30023: "the brand's daily message cap is reached", 30027: "T-Mobile's daily message limit is reached",
                63038: "the account's daily message limit is reached",
            ])
        + group(
            .transient,
            [
                30003: "the handset is unreachable", 30008: "unknown error on the way",
                30017: "the carrier is congested",
                30410: "the provider timed out", 63009: "the channel's provider returned an error",
                63010: "internal error of the channel", 63012: "the channel's provider is unavailable",
            ])
        + group(
            .recipient,
            [
                21211: "the number is not valid", 21612: "the number cannot be reached from this sender",
                21614: "the number is not a mobile number", 30005: "the handset is unknown or gone",
                30006: "a landline, or a carrier that cannot be reached", 63003: "the channel has no such recipient",
                63024: "the recipient is not valid",
            ])
        + group(.optedOut, [21610: "the recipient has unsubscribed", 63033: "the recipient has blocked this sender"])
        + group(
            .blocked,
            [
                30004: "the message is blocked", 30007: "the carrier filtered the message",
                63013: "the message breaks the channel's policy", 63014: "the message is blocked for this recipient",
                63032: "the channel cannot send to this recipient",
            ])
        + group(
            .configuration,
            [
                20003: "the credentials are wrong", 21408: "the account may not send to this region",
                21606: "the sender is not a number of this account that can send messages",
                21608: "a trial account may send to verified numbers only", 30002: "the account is suspended",
                63007: "the account has no such sender on this channel",
            ])
        + group(
            .content,
            [
                21617: "the body has more than 1600 characters",
                63016: "outside the window for free text: use a template",
                63027: "the template does not exist", 63028: "the template's parameters do not match",
                63041: "the template is paused",
            ])

    private static func group(_ group: Group, _ titles: KeyValuePairs<Int, String>) -> [TwilioErrorCode] {
        titles.map { TwilioErrorCode(code: $0.key, group: group, title: $0.value) }
    }
}

extension TwilioErrorCode.Group {
    var failureKind: DeliveryFailure.Kind {
        switch self {
        case .rateLimit, .dailyCap: .rateLimit
        case .transient: .transient
        case .recipient: .recipient
        case .optedOut: .optedOut
        case .blocked: .blocked
        case .content: .content
        case .configuration: .configuration
        }
    }
}
