import ChannelSDK

/// Twilio's error codes that can come of a WhatsApp message.
enum TwilioErrorCodes {
    static let closedWindow = 63016
    static let remedy =
        "Send a template (options.content_sid), or let the recipient write first; setting fallback_template does it for "
        + "text that Twilio refuses at once, and template_only for every text."

    static func known(_ code: Int) -> ErrorCode? { table[code] }

    private static let table = ErrorCode.table(
        ErrorCode.group(
            .rateLimit,
            [
                20429: "too many requests", 21611: "the sender's queue is full", 30001: "the queue is full",
                30022: "the sender's messages per second are used up", 63017: "the channel's rate limit is reached",
                63018: "the channel's rate limit is reached",
            ]),
        ErrorCode.group(
            .dailyCap,
            [
                30023: "the brand's daily message cap is reached", 30027: "the daily message limit is reached",
                63038: "the account's daily message limit is reached",
            ]),
        ErrorCode.group(
            .transient,
            [
                30003: "the recipient's device is unreachable", 30008: "unknown error on the way",
                30017: "the network is congested", 30410: "the provider timed out",
                63009: "the channel's provider returned an error", 63010: "internal error of the channel",
                63012: "the channel's provider is unavailable",
            ]),
        ErrorCode.group(
            .recipient,
            [
                21211: "the number is not valid", 21612: "the number cannot be reached from this sender",
                21614: "the number is not a mobile number", 30005: "the recipient is unknown or gone",
                30006: "the number cannot be reached", 63003: "the number is not on WhatsApp",
                63024: "the recipient is not valid",
            ]),
        ErrorCode.group(
            .optedOut, [21610: "the recipient has unsubscribed", 63033: "the recipient has blocked this sender"]),
        ErrorCode.group(
            .blocked,
            [
                30004: "the message is blocked", 30007: "the message is filtered",
                63013: "the message breaks WhatsApp's policy", 63014: "the message is blocked for this recipient",
                63032: "WhatsApp does not send to this recipient now",
            ]),
        ErrorCode.group(
            .configuration,
            [
                20003: "the credentials are wrong", 21408: "the account may not send to this region",
                21606: "the sender is not one of this account's", 30002: "the account is suspended",
                21608: "a trial account may send to verified numbers only", 63007: "the account has no such sender",
            ]),
        ErrorCode.group(.windowClosed, [closedWindow: "the recipient has not written for 24 hours"]),
        ErrorCode.group(
            .content,
            [
                21617: "the body has more than 1600 characters", 63027: "the template does not exist in this language",
                63028: "the number of variables is not the template's", 63041: "the template is paused",
            ]))
}
