public import ChannelSDK
internal import Crypto

/// Tells requests apart whose content the host made: equal for the same request, whatever became of it.
public struct RequestFingerprint: Sendable, Hashable {
    static let size = 32
    let bytes: [UInt8]

    /// - Parameters:
    ///   - template: its name, as the request has it; likewise `locale` and `variables`.
    ///   - content: recipient, tags and options of the request.
    public init(
        template: String, locale: String?, variables: [String: String], content: MessageContent,
        metadata: [String: String]
    ) {
        var request = AcceptedNotification.Payload(content: content, metadata: metadata).bytes
        request.write(template)
        request.write(locale)
        request.write(variables)
        bytes = Array(SHA256.hash(data: request))
    }
}
