import ChannelSDK

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
