public import ChannelSDK

/// `/unsubscribe/…`: the host's own unsubscribe addresses in mails.
public struct UnsubscribeConfiguration: Sendable, Hashable {
    public var secret: Secret
    /// Made addresses before ``secret`` did.
    public var previousSecret: Secret?

    public var keys: UnsubscribeKeys { UnsubscribeKeys(secret, previous: previousSecret.map { [$0] } ?? []) }
}

extension UnsubscribeConfiguration {
    /// - Returns: nil when something is missing, which is reported.
    init?(_ section: inout Section) {
        let secret = section.required(
            "secret", .unsubscribeSecret,
            "Signs the addresses: at least 32 characters, the same on all replicas, and not used for anything else.")
        previousSecret = section.optional(
            "previous_secret", .unsubscribeSecret,
            "The secret before this one: the addresses in mails that were sent under it stay good.")
        guard let secret else { return nil }
        self.secret = secret
    }
}

extension ValueKind<Secret> {
    static let unsubscribeSecret = ValueKind(
        expectation: "a secret of at least \(UnsubscribeKeys.shortestSecret) characters", isSecret: true,
        parse: { (text) throws(Mismatch) in
            guard text.count >= UnsubscribeKeys.shortestSecret else { throw Mismatch() }
            return Secret(text)
        }, format: { _ in "" })
}
