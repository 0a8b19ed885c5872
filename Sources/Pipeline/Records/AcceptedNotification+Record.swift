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
    static let version: UInt8 = 2
    /// A payload without a ``RequestFingerprint`` is written as it always was.
    static let plainVersion: UInt8 = 1

    /// - Parameter metadata: the application's own, given back with the notification, never sent.
    public init(content: MessageContent, metadata: [String: String] = [:]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.recipient.utf8.count + content.body.utf8.count + 32)
        bytes.write(Self.plainVersion)
        bytes.write(content)
        bytes.write(metadata)
        self.init(bytes: bytes)
    }

    /// Of a request whose content was made for it, e.g. from a template.
    ///
    /// - Parameters:
    ///   - contents: by the names of the channel instances that have one of their own; `content` is for the others.
    ///   - request: what the application asked for, by which a repeat is told from a conflict.
    public init(
        content: MessageContent, contents: [String: MessageContent], metadata: [String: String] = [:],
        request: RequestFingerprint
    ) {
        var bytes: [UInt8] = []
        bytes.write(Self.version)
        bytes.append(contentsOf: request.bytes)
        bytes.write(content)
        bytes.write(metadata)
        bytes.write(UInt16(truncatingIfNeeded: contents.count))
        for (channel, content) in contents.sorted(by: { $0.key < $1.key }) {
            bytes.write(channel)
            bytes.write(content)
        }
        self.init(bytes: bytes)
    }

    /// - Parameter channel: the instance that sends; nil: the first of the notification's steps.
    public func decoded(
        for channel: String? = nil
    ) throws(RecordProblem) -> (content: MessageContent, metadata: [String: String]) {
        var reader = ByteReader(bytes[...])
        let isPlain = try reader.version(upTo: Self.version) == Self.plainVersion
        if !isPlain { try reader.skip(RequestFingerprint.size) }
        let (content, metadata) = (try reader.content(), try reader.pairs())
        guard !isPlain, let channel else { return (content, metadata) }
        for _ in 0..<(try reader.integer(UInt16.self)) {
            let (name, own) = (try reader.text(), try reader.content())
            if name == channel { return (own, metadata) }
        }
        return (content, metadata)
    }

    /// What equal requests have in common: all bytes, or the fingerprint where the content was made by the host.
    private var requestBytes: ArraySlice<UInt8> {
        bytes.first == Self.version ? bytes.prefix(1 + RequestFingerprint.size) : bytes[...]
    }

    public static func == (left: Self, right: Self) -> Bool { left.requestBytes == right.requestBytes }

    public func hash(into hasher: inout Hasher) { hasher.combine(requestBytes) }
}

extension [UInt8] {
    fileprivate mutating func write(_ content: MessageContent) {
        write(content.recipient)
        write(content.body)
        write(content.subject)
        write(content.tags)
        write(content.options)
    }
}

extension ByteReader {
    fileprivate mutating func content() throws(RecordProblem) -> MessageContent {
        MessageContent(
            recipient: try text(), body: try text(), subject: try optionalText(), tags: try texts(),
            options: try pairs())
    }
}
