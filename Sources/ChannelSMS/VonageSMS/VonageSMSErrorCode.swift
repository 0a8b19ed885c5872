import ChannelSDK

/// The codes by which the SMS API refuses a message.
struct VonageSMSErrorCode: Sendable, Hashable {
    let code: Int
    let kind: DeliveryFailure.Kind
    /// For people; continues the code.
    let title: String

    /// Nil for a code that is not known here.
    static func known(_ code: String) -> VonageSMSErrorCode? { Int(code).flatMap { table[$0] } }

    private static let table = Dictionary(uniqueKeysWithValues: all.map { ($0.code, $0) })

    static let all: [VonageSMSErrorCode] =
        group(.rateLimit, [1: "faster than the account may send", 10: "too many connections at once"])
        + group(.transient, [5: "internal error at Vonage", 13: "Vonage could not submit the message"])
        + group(
            .recipient,
            [6: "the number cannot be sent to, its prefix is unknown perhaps", 33: "the number is not active any more"])
        + group(.blocked, [7: "the number is barred"])
        + group(.content, [12: "the message is too long", 20: "the message class is not valid"])
        + group(
            .configuration,
            [
                4: "the credentials are wrong", 8: "the account is suspended", 9: "the account has no credit",
                11: "the account may not use the SMS API", 14: "the request's signature is wrong",
                15: "the sender is not allowed to this recipient", 16: "the validity period is not valid",
                19: "the account may not use this facility", 22: "the network code is not valid",
                23: "the callback's address is not valid", 29: "a trial account may send to listed numbers only",
                32: "a signature and the API secret may not come together",
            ])
        + group(.other, [2: "a parameter is missing", 3: "a parameter is not valid"])

    private static func group(_ kind: DeliveryFailure.Kind, _ titles: KeyValuePairs<Int, String>)
        -> [VonageSMSErrorCode]
    {
        titles.map { VonageSMSErrorCode(code: $0.key, kind: kind, title: $0.value) }
    }
}

/// The codes in delivery receipts. By then nothing is left to decide: they are there to be explained.
enum VonageReceiptCode {
    /// For people; nil for a code that is not known here.
    static func title(_ code: String) -> String? { Int(code).flatMap { titles[$0] } }

    private static let titles: [Int: String] = [
        1: "no cause is known", 2: "the handset is unreachable for now", 3: "the number is not active any more",
        4: "the recipient has barred messages", 5: "the number's move to another carrier is in the way",
        6: "a carrier took the message for spam", 7: "the handset was busy", 8: "the carrier's network had a fault",
        9: "the recipient does not want messages of this service", 10: "a carrier found the message invalid",
        11: "there is no route to the recipient", 12: "the recipient cannot be reached",
        13: "the recipient's age forbids the message", 14: "the carrier has blocked the number",
        15: "the recipient's prepaid account has no credit", 99: "general error on the way",
    ]
}
