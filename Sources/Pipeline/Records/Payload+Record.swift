public import ChannelSDK

/// Three layouts, told apart by the first byte: the content alone; contents that the host made, with the request's
/// fingerprint before them; and the same with attachments behind. Behind each stands when it may be sent, if the request
/// says so. The first two are written as they always were, and nobody has to read to the end, so that a host of an older
/// version reads what it can send.
extension AcceptedNotification.Payload {
    private enum Layout: UInt8 {
        case plain = 1
        case made = 2
        case withAttachments = 3
    }

    /// Payloads whose first byte is 2 or 3 are equal by so many of their first bytes, others by all of them: stores need
    /// not give more to compare.
    public static let comparedBytes = 1 + RequestFingerprint.size

    /// - Parameters:
    ///   - metadata: the application's own, given back with the notification, never sent.
    ///   - window: as the request has it. When it is sent goes by the notification's own.
    public init(content: MessageContent, metadata: [String: String] = [:], window: SendWindow = SendWindow()) {
        guard content.attachments.isEmpty else {
            self.init(
                content: content, contents: [:], metadata: metadata, window: window,
                request: RequestFingerprint(content: content, metadata: metadata, window: window))
            return
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.recipient.utf8.count + content.body.utf8.count + 32)
        bytes.write(Layout.plain.rawValue)
        bytes.write(content)
        bytes.write(metadata)
        bytes.write(window)
        self.init(bytes: bytes)
    }

    /// Of a request whose content was made for it, e.g. from a template.
    ///
    /// - Parameters:
    ///   - content: its attachments go along with every one of `contents`.
    ///   - contents: by the names of the channel instances that have one of their own; `content` is for the others.
    ///   - request: what the application asked for, by which a repeat is told from a conflict.
    public init(
        content: MessageContent, contents: [String: MessageContent], metadata: [String: String] = [:],
        window: SendWindow = SendWindow(), request: RequestFingerprint
    ) {
        let attachments = content.attachments
        var bytes: [UInt8] = []
        bytes.reserveCapacity(attachments.reduce(256) { $0 + ($1.bytes?.count ?? 0) + 512 })
        bytes.write(attachments.isEmpty ? Layout.made.rawValue : Layout.withAttachments.rawValue)
        bytes.append(contentsOf: request.bytes)
        bytes.write(content)
        bytes.write(metadata)
        bytes.write(UInt16(truncatingIfNeeded: contents.count))
        for (channel, content) in contents.sorted(by: { $0.key < $1.key }) {
            bytes.write(channel)
            bytes.write(content)
        }
        if !attachments.isEmpty { bytes.write(attachments) }
        bytes.write(window)
        self.init(bytes: bytes)
    }

    /// - Parameter channel: the instance that sends; nil: the first of the notification's steps.
    public func decoded(
        for channel: String? = nil
    ) throws(RecordProblem) -> (content: MessageContent, metadata: [String: String], window: SendWindow) {
        var reader = ByteReader(bytes[...])
        let layout = Layout(rawValue: try reader.version(upTo: Layout.withAttachments.rawValue)) ?? .plain
        if layout != .plain { try reader.skip(RequestFingerprint.size) }
        var content = try reader.content()
        let metadata = try reader.pairs()
        guard layout != .plain else { return (content, metadata, try reader.window()) }
        for _ in 0..<(try reader.integer(UInt16.self)) {
            let (name, own) = (try reader.text(), try reader.content())
            if name == channel { content = own }
        }
        if layout == .withAttachments { content.attachments = try reader.attachments() }
        return (content, metadata, try reader.window())
    }

    /// What equal requests have in common: all bytes, or the fingerprint where there is one.
    private var requestBytes: ArraySlice<UInt8> {
        [Layout.made, .withAttachments].contains { $0.rawValue == bytes.first }
            ? bytes.prefix(Self.comparedBytes) : bytes[...]
    }

    public static func == (left: Self, right: Self) -> Bool { left.requestBytes == right.requestBytes }

    public func hash(into hasher: inout Hasher) { hasher.combine(requestBytes) }
}

extension [UInt8] {
    /// Without attachments.
    fileprivate mutating func write(_ content: MessageContent) {
        write(content.recipient)
        write(content.body)
        write(content.subject)
        write(content.tags)
        write(content.options)
    }

    /// Nothing, where it is open: so what has none is as it always was.
    mutating func write(_ window: SendWindow) {
        guard !window.isOpen else { return }
        write(window.notBefore)
        write(window.expiresAt)
    }

    mutating func write(_ attachments: [MessageAttachment]) {
        write(UInt16(truncatingIfNeeded: attachments.count))
        for attachment in attachments {
            write(attachment.name)
            write(attachment.mediaType)
            write(attachment.contentID)
            switch attachment.content {
            case .bytes(let bytes):
                write(UInt8(0))
                write(bytes: bytes)
            case .link(let link):
                write(UInt8(1))
                write(link)
            }
        }
    }
}

extension ByteReader {
    fileprivate mutating func content() throws(RecordProblem) -> MessageContent {
        MessageContent(
            recipient: try text(), body: try text(), subject: try optionalText(), tags: try texts(),
            options: try pairs())
    }

    fileprivate mutating func window() throws(RecordProblem) -> SendWindow {
        guard !isAtEnd else { return SendWindow() }
        return SendWindow(notBefore: try optionalTimestamp(), expiresAt: try optionalTimestamp())
    }

    fileprivate mutating func attachments() throws(RecordProblem) -> [MessageAttachment] {
        var attachments: [MessageAttachment] = []
        for _ in 0..<(try integer(UInt16.self)) {
            let (name, mediaType, contentID) = (try text(), try text(), try optionalText())
            let content: MessageAttachment.Content
            switch try integer(UInt8.self) {
            case 0: content = .bytes(Array(try slice()))
            case 1: content = .link(try text())
            default: throw .undecodable("an attachment is neither bytes nor a link")
            }
            attachments.append(
                MessageAttachment(name: name, mediaType: mediaType, content: content, contentID: contentID))
        }
        return attachments
    }
}
