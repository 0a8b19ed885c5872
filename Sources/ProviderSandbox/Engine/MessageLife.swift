/// What happens to a message after the provider took it, and what a right receiver makes of it.
struct MessageLife: Sendable, Hashable {
    struct Step: Sendable, Hashable {
        /// In the provider's own words.
        var status: String
        /// The provider's code for the failure.
        var errorCode: Int?
        /// No later step is of a higher rank by the provider's own rules.
        var isFinal = false
    }

    /// The status in the API's answer: never reported.
    var initial: String
    /// The reports, in the order in which the provider sends them.
    var steps: [Step]
    /// The status that a receiver ends in that got every report, whatever the order.
    var final: String
}
