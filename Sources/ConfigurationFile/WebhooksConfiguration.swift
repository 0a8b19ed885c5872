public import ChannelSDK

/// `POST /webhooks`: reports from providers without an API of their own.
public struct WebhooksConfiguration: Sendable, Hashable {
    /// A Standard Webhooks secret with its prefix: `whsec_` and base64. Nil: the endpoint is closed.
    public var secret: Secret?

    public init() { self = Section.defaults { Self(&$0) } }
}

extension WebhooksConfiguration {
    init(_ section: inout Section) {
        secret = section.optional(
            "secret", .standardWebhooksSecret,
            "The Standard Webhooks secret that signs POST /webhooks; without it that endpoint is closed.")
    }
}

extension ValueKind<Secret> {
    static let standardWebhooksSecret = ValueKind(
        expectation: "a Standard Webhooks secret: 'whsec_' and 24 to 64 bytes in base64", isSecret: true,
        parse: { (text) throws(Mismatch) in
            guard text.hasPrefix("whsec_"), let count = decodedCount(text.dropFirst(6)), (24...64).contains(count)
            else {
                throw Mismatch()
            }
            return Secret(text)
        }, format: { _ in "" })

    /// The bytes that padded base64 stands for; nil for what is not base64.
    private static func decodedCount(_ base64: Substring) -> Int? {
        let digits = base64.prefix { $0 != "=" }
        let padding = base64[digits.endIndex...]
        let isAlphabet = digits.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "/") }
        guard isAlphabet, padding.allSatisfy({ $0 == "=" }), padding.count <= 2, base64.count % 4 == 0 else {
            return nil
        }
        return base64.count / 4 * 3 - padding.count
    }
}
