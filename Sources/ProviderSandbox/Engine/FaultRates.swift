/// How often each thing goes wrong: rates in 0…1.
struct FaultRates: Sendable, Hashable {
    // Of the requests. They exclude each other, so together they are at most 1.

    /// Answered 503 or 500 (half each) before anything is taken.
    var failBefore = 0.0
    /// The connection is closed without an answer, and nothing was taken. The sender cannot tell it from ``failAfter``.
    var closeBefore = 0.0
    /// Taken, then the connection is closed without an answer.
    var failAfter = 0.0
    /// Answered 429 before anything is taken.
    var throttle = 0.0
    /// Never answered: half of them were taken, half were not.
    var hang = 0.0

    // Of the messages taken.

    /// None of the message's reports is sent.
    var drop = 0.0
    /// The message's reports go out in random order, each at a random time.
    var shuffle = 0.0

    // Of the reports.

    /// The report is sent twice.
    var duplicate = 0.0

    var ofRequests: Double { failBefore + closeBefore + failAfter + throttle + hang }

    /// What is wrong with the rates, for the person who set them; nil when they can be kept.
    var problem: String? {
        let all = [failBefore, closeBefore, failAfter, throttle, hang, drop, shuffle, duplicate]
        guard all.allSatisfy({ (0...1).contains($0) }) else {
            return "a rate is a number from 0 (never) to 1 (always)"
        }
        // Binary fractions do not add up exactly: 0.1 ten times is more than 1 by less than this.
        guard ofRequests <= 1 + 1e-9 else {
            return "the rates of --fail-before, --close-before, --fail-after, --throttle and --hang exclude each other "
                + "and together are at most 1, but they are \(ofRequests)"
        }
        return nil
    }
}
