import ChannelSDK
import Crypto

/// Mailgun's signature: hex HMAC-SHA256 over a time and a token, all three inside the body: in the JSON of an event, in the
/// form of a mail to us.
///
/// It does not cover the rest of the body, so whoever saw one genuine webhook could sign anything with its token. That
/// is why a token is good for one body only, for as long as its time is accepted: the first body is remembered in the
/// host's cache, and the same body again is Mailgun's own repeat.
struct MailgunSignature: WebhookVerifier {
    /// Mailgun repeats a webhook for 8 hours.
    static let tolerance = Duration.seconds(12 * 3600)

    private let key: Secret
    private let channel: String
    private let cache: any Cache

    init(key: Secret, channel: String, cache: any Cache) {
        (self.key, self.channel, self.cache) = (key, channel, cache)
    }

    var name: String { "HMAC-SHA256 over time and token in the body" }

    func verify(_ request: WebhookRequest, now: Timestamp) async -> WebhookVerdict {
        guard !key.isEmpty else { return .refused("no key is configured to verify with") }
        guard let (time, token, given) = Self.fields(of: request) else {
            return .refused("the body has no signature with timestamp, token and signature")
        }
        let code = HMAC<SHA256>.authenticationCode(
            for: Array((time + token).utf8), using: SymmetricKey(data: Array(key.revealed.utf8)))
        guard Secret.matches(given, Self.hex(code)) else {
            return .refused("the signature in the body does not match: is the configured key this account's?")
        }
        guard let seconds = Int64(time), case let age = now.since(Timestamp(seconds: seconds)), age <= Self.tolerance,
            age >= .zero - Self.tolerance
        else { return .refused("the signature's timestamp is more than 12 hours away from now") }
        return await isFirstUse(of: token, for: request.body)
            ? .genuine : .refused("the signature's token was used for another body before")
    }

    private static func fields(of request: WebhookRequest) -> (time: String, token: String, given: String)? {
        if let form = PostedForm(request) {
            guard let time = form["timestamp"], let token = form["token"], let given = form["signature"] else {
                return nil
            }
            return (time, token, given)
        }
        guard let signature = JSONValue(request.body)?["signature"], let time = signature["timestamp"]?.word,
            let token = signature["token"]?.text, let given = signature["signature"]?.text
        else { return nil }
        return (time, token, given)
    }

    private func isFirstUse(of token: String, for body: [UInt8]) async -> Bool {
        let name = "mailgun-token/\(channel)/\(Self.hex(SHA256.hash(data: Array(token.utf8))))"
        let digest = Array(SHA256.hash(data: body))
        if let known = await cache.value(for: name) { return known == digest }
        await cache.store(digest, for: name, lifetime: Self.tolerance + Self.tolerance)
        return true
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
