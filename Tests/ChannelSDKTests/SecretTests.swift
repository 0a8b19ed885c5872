import ChannelSDK
import Testing

@Suite struct SecretTests {
    private struct Holder {
        let secret: Secret
        let nested: [String: Secret?]
    }

    private static let hidden = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func texts(of value: Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        return [dumped, "\(value)", String(describing: value), String(reflecting: value)]
    }

    @Test func aSecretIsNeverShown() {
        let secret = Secret(Self.hidden)
        let values: [Any] = [
            secret, [secret], Holder(secret: secret, nested: ["a": secret]), Optional(secret) as Any,
            SettingValue.secret(secret), ChannelConfiguration(provider: "p", values: ["x": .secret(secret)]),
        ]
        for value in values {
            for text in texts(of: value) { #expect(!text.contains(Self.hidden)) }
        }
        #expect(Mirror(reflecting: secret).children.isEmpty)
        #expect("\(secret)" == "•••")
        #expect(secret.revealed == Self.hidden)
    }

    @Test func aVerifierShowsNoKey() throws {
        let key = Secret("whsec_" + Self.hidden)
        let verifiers: [any WebhookVerifier] = [
            URLFormSignature(key: key), HMACSignature(header: "X", key: key), SharedSecret(value: key),
            BasicAuthentication(username: "u", password: key), try StandardWebhooks(key: key),
        ]
        for verifier in verifiers {
            for text in texts(of: verifier) + [verifier.name] { #expect(!text.contains(Self.hidden)) }
        }
        // The same key as a list of bytes, which is how a mirror would show it.
        for text in texts(of: verifiers[4]) { #expect(!text.contains("49, 242, 144")) }
    }

    @Test(arguments: [
        ("hush", "no match", "no match"), ("hush", "hush", "•••"), ("hush", "a hush, hush b", "a •••, ••• b"),
        ("", "anything", "anything"),
    ])
    func wordsOfOthersAreRedacted(secret: String, text: String, expected: String) {
        #expect(Secret(secret).redacted(from: text) == expected)
    }

    @Test(arguments: [
        ("", "", true), ("a", "", false), ("ab", "ab", true), ("ab", "aB", false), ("ab", "abc", false),
        ("é", "é", true),
    ])
    func matching(left: String, right: String, expected: Bool) {
        #expect(Secret.matches(left, right) == expected)
    }
}
