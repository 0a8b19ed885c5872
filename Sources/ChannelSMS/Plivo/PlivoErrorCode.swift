/// Plivo's error codes, which come in callbacks about messages that were not delivered. By then nothing is left to
/// decide: they are there to be explained.
enum PlivoErrorCode {
    /// For people; nil for a code that is not known here.
    static func title(_ code: String) -> String? { Int(code).flatMap { titles[$0] } }

    private static let titles: [Int: String] = [
        10: "a carrier found the message invalid", 20: "the carrier's network had a fault",
        30: "a carrier took the message for spam", 40: "the sender is not valid, or not of this account",
        50: "the recipient's number is not valid", 60: "the message went in a loop between carriers",
        70: "the recipient is unreachable for good", 80: "the recipient is unreachable for now",
        90: "there is no route to the recipient", 100: "the carrier forbids the message",
        110: "the message is too long", 200: "the recipient has unsubscribed from this sender",
        300: "Plivo could not hand the message to a carrier", 420: "the message expired before it was sent",
        450: "the account may not send to the recipient's country", 900: "the account has no credit",
        910: "the account is disabled", 1000: "unknown error on the way",
    ]
}
