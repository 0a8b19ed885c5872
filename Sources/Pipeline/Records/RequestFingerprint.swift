public import ChannelSDK
internal import Crypto

/// Tells requests apart whose content the host made: equal for the same request, whatever became of it.
public struct RequestFingerprint: Sendable, Hashable {
    static let size = 32
    let bytes: [UInt8]

    /// - Parameters:
    ///   - template: its name, as the request has it; likewise `locale` and `variables`.
    ///   - content: recipient, tags, options and attachments of the request.
    ///   - window: its times.
    public init(
        template: String, locale: String?, variables: [String: String], content: MessageContent,
        metadata: [String: String], window: SendWindow = SendWindow()
    ) {
        var request = Self.plain(content, metadata)
        request.write(template)
        request.write(locale)
        request.write(variables)
        self.init(request, content.attachments, window)
    }

    /// Of a request with attachments, which are too large to be compared each time.
    init(content: MessageContent, metadata: [String: String], window: SendWindow) {
        self.init(Self.plain(content, metadata), content.attachments, window)
    }

    /// Requests without attachments and times have the fingerprint that they always had.
    private init(_ request: [UInt8], _ attachments: [MessageAttachment], _ window: SendWindow) {
        var hash = SHA256()
        hash.update(data: request)
        if !attachments.isEmpty {
            var bytes = Array("attachments".utf8)
            bytes.write(attachments)
            hash.update(data: bytes)
        }
        if !window.isOpen {
            var bytes = Array("window".utf8)
            bytes.write(window)
            hash.update(data: bytes)
        }
        bytes = Array(hash.finalize())
    }

    private static func plain(_ content: MessageContent, _ metadata: [String: String]) -> [UInt8] {
        var content = content
        content.attachments = []
        return AcceptedNotification.Payload(content: content, metadata: metadata).bytes
    }
}
