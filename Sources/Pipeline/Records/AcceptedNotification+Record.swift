public import ChannelSDK

/// The record on `notification.requested`: an envelope that the projector reads, and the payload, which it only carries.
extension AcceptedNotification {
    static let recordVersion: UInt8 = 1

    public func write(to bytes: inout [UInt8]) {
        bytes.write(Self.recordVersion)
        bytes.write(id)
        bytes.write(account)
        bytes.write(externalID)
        bytes.write(urgency.rawValue)
        bytes.write(steps)
        bytes.write(acceptedAt)
        bytes.write(notBefore)
        bytes.write(expiresAt)
        bytes.write(traceParent)
        bytes.write(bytes: payload.bytes)
    }

    public init(record: ArraySlice<UInt8>) throws(RecordProblem) {
        var reader = ByteReader(record)
        _ = try reader.version(upTo: Self.recordVersion)
        id = try reader.notificationID()
        account = try reader.text()
        externalID = try reader.optionalText()
        guard let urgency = NotificationClass(rawValue: try reader.integer()) else {
            throw .undecodable("the class is unknown")
        }
        self.urgency = urgency
        steps = try reader.texts()
        guard !steps.isEmpty else { throw .undecodable("the notification has no channel") }
        acceptedAt = try reader.timestamp()
        notBefore = try reader.optionalTimestamp()
        expiresAt = try reader.optionalTimestamp()
        traceParent = try reader.optionalText()
        payload = Payload(bytes: Array(try reader.slice()))
    }
}

extension AcceptedNotification.Payload {
    static let version: UInt8 = 1

    /// - Parameter metadata: the application's own, given back with the notification, never sent.
    public init(content: MessageContent, metadata: [String: String] = [:]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.recipient.utf8.count + content.body.utf8.count + 32)
        bytes.write(Self.version)
        bytes.write(content.recipient)
        bytes.write(content.body)
        bytes.write(content.subject)
        bytes.write(content.tags)
        bytes.write(content.options)
        bytes.write(metadata)
        self.init(bytes: bytes)
    }

    public func decoded() throws(RecordProblem) -> (content: MessageContent, metadata: [String: String]) {
        var reader = ByteReader(bytes[...])
        _ = try reader.version(upTo: Self.version)
        let content = MessageContent(
            recipient: try reader.text(), body: try reader.text(), subject: try reader.optionalText(),
            tags: try reader.texts(), options: try reader.pairs())
        return (content, try reader.pairs())
    }
}
