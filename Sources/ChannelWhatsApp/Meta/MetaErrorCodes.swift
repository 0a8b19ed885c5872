import ChannelSDK

/// The Graph API's error codes that can come of a WhatsApp message.
enum MetaErrorCodes {
    static let closedWindow = 131047
    static let remedy =
        "Send a template (options.template_name), or let the recipient write first; setting fallback_template does it "
        + "for text that Meta refuses at once, and template_only for every text."

    static func known(_ code: Int) -> ErrorCode? {
        if (200...299).contains(code) {
            return ErrorCode(code: code, group: .configuration, title: "the token lacks a permission")
        }
        return table[code]
    }

    private static let table = ErrorCode.table(
        passing, account, content,
        ErrorCode.group(.windowClosed, [closedWindow: "the recipient has not written for 24 hours"]),
        ErrorCode.group(
            .recipient,
            [
                131021: "the recipient is the sender", 131026: "the message can't be delivered to this recipient",
                131030: "the recipient is not on the test number's list",
            ]),
        ErrorCode.group(.optedOut, [131050: "the recipient wants no marketing messages from this sender"]),
        ErrorCode.group(
            .blocked,
            [
                131049: "Meta holds it back to keep users engaged: not again to this recipient within 24 hours",
                130472: "the recipient takes part in an experiment of Meta's",
            ]))

    private static let passing =
        ErrorCode.group(
            .rateLimit,
            [
                4: "the app's request limit is reached", 80007: "the business account's rate limit is reached",
                130429: "the sender's throughput is used up", 131048: "the sender is limited for too much spam",
                131064: "the sender's messaging limit is reached",
                133016: "the sender was registered or deregistered too often",
            ])
        + ErrorCode.group(.recipientLimit, [131056: "too many messages to this recipient in a short time"])
        + ErrorCode.group(
            .transient,
            [
                1: "unknown error at Meta", 2: "Meta's service is down or overloaded", 131000: "unknown error at Meta",
                131016: "Meta's service is overloaded", 131053: "Meta could not fetch the media",
                131057: "the business account is in maintenance",
            ])

    private static let account = ErrorCode.group(
        .configuration,
        [
            0: "the token is not valid", 3: "the app may not call this", 10: "the app lacks the permission",
            190: "the token has expired or was revoked", 368: "the account is blocked for breaking a policy",
            130497: "the account may not send to this country", 131005: "the token lacks a permission",
            131031: "the account is locked", 131037: "the number's display name is not approved",
            131042: "a problem with the account's payment method", 131045: "the number is not registered",
        ])

    private static let content = ErrorCode.group(
        .content,
        [
            100: "a parameter is not valid", 131008: "a parameter is missing",
            131009: "a parameter's value is not valid",
            131051: "the type of message is not supported", 131062: "the message is not acceptable",
            131063: "the message is not acceptable", 132000: "the number of variables is not the template's",
            132001: "the template does not exist in this language, or is not approved",
            132005: "the text with its variables is too long", 132007: "the template breaks a policy",
            132008: "a variable's value is not acceptable", 132012: "a variable's format is not the template's",
            132015: "the template is paused for low quality", 132016: "the template is disabled for low quality",
        ])
}
