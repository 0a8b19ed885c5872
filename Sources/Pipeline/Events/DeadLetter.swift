import ChannelSDK

/// What could not be processed: the record as it was, with where it came from and why it is here.
public struct DeadLetter: Sendable {
    public enum Reason: String, Sendable, CaseIterable {
        /// The bytes are no record of ours.
        case undecodable
        /// The channel could not read its own webhook.
        case unreadableWebhook = "unreadable_webhook"
        /// No delivery of that id.
        case unknownDelivery = "unknown_delivery"
        /// Nobody claimed the report in the time that the channel gives.
        case unclaimedReport = "unclaimed_report"
        /// Two runs ended while this record was being processed.
        case quarantined
    }

    static let endedTwoRuns = "two runs ended while this record was being processed"

    let reason: Reason
    let detail: String
    let topic: Topic
    let position: LogPosition?
    let channel: String?

    func append(to batch: inout RecordBatch, value: some Collection<UInt8>) {
        var headers: [RecordBatch.Header] = [
            .init("reason", reason.rawValue), .init("detail", detail), .init("topic", topic.rawValue),
        ]
        if let position {
            headers.append(.init("partition", String(position.partition)))
            headers.append(.init("offset", String(position.offset)))
        }
        if let channel { headers.append(.init("channel", channel)) }
        batch.append(key: nil, headers: headers) { $0.append(contentsOf: value) }
    }
}
