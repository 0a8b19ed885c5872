/// One attempt to submit one delivery.
public struct OutboundMessage: Sendable, Hashable {
    /// The same for each attempt: give it to the provider in whatever it echoes or uses as an idempotency key.
    public let delivery: DeliveryID
    /// On whose behalf it is sent.
    public let account: String
    /// What to send, and to whom.
    public let content: MessageContent
    /// From 1.
    public let attempt: Int
    /// Where the provider should report; carries the delivery's id.
    public let webhookURL: String

    public init(delivery: DeliveryID, account: String, content: MessageContent, attempt: Int, webhookURL: String) {
        self.delivery = delivery
        self.account = account
        self.content = content
        self.attempt = attempt
        self.webhookURL = webhookURL
    }
}
