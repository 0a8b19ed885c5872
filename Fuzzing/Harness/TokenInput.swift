import ChannelSDK
import ChannelTesting
import Crypto
import Foundation

@testable import Accounts

/// The first byte chooses how far the rest gets. Without the secret no bytes are a good token; with it, only those are
/// that say what a good token says.
enum TokenInput {
    private static let secret = "nobody knows this secret of the fuzzing run"
    private static let now = Timestamp(milliseconds: 1_767_225_600_000)
    private static let tokens = waiting {
        try! await Tokens(TokenConfiguration(secret: Secret(secret)), clock: HeldClock(at: now))
    }
    /// The first part of every token that is ours, without which nothing else is looked at.
    private static let head: Substring = {
        let hash = PasswordHash(
            stored: "$scrypt$ln=17,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")!
        let user = User(
            id: UserID(at: now), account: "a", email: try! EmailAddress("a@example.com"), name: "A", role: .viewer,
            passwordHash: hash, createdAt: now)
        return waiting { try! await tokens.issue(for: user) }.prefix { $0 != "." }
    }()

    static func run(_ bytes: [UInt8]) {
        guard let mode = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        let text = String(decoding: rest, as: UTF8.self)
        switch mode & 3 {
        case 0: refuse(text)
        case 1: refuse("\(head).\(text)")
        case 2: judge(rest)
        default: _ = APIKeyText.isMarked(text) ? APIKeyText(text) : nil
        }
    }

    private static func refuse(_ token: String) {
        let isGood = waiting { (try? await tokens.verify(token)) != nil }
        precondition(!isGood, "a token without the secret was taken")
    }

    /// Claims that are properly signed.
    private static func judge(_ claims: [UInt8]) {
        let signed = "\(head).\(base64(claims))"
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(signed.utf8), using: SymmetricKey(data: Array(secret.utf8)))
        let token = "\(signed).\(base64(Array(code)))"
        guard let found = waiting(for: { try? await tokens.verify(token) }) else { return }
        precondition(found.issuer == "switchboard" && found.audience == "switchboard")
        precondition(
            Timestamp(seconds: found.expiresAt) > now && Timestamp(seconds: found.notBefore) <= now + Tokens.leeway)
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
