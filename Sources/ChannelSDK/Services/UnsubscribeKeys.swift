import Crypto
import FoundationEssentials

/// Whom an unsubscribe address is about: who leaves which list.
public struct UnsubscribeToken: Sendable, Hashable {
    /// The opt-out list: a module's name, which outlives any of its channels.
    public let list: String
    /// Who unsubscribes.
    public let recipient: String

    public init(list: String, recipient: String) { (self.list, self.recipient) = (list, recipient) }
}

/// The host's secret behind its unsubscribe addresses. A token is made without a look at any store and never expires: a
/// mail can be read after years.
///
/// Nobody but the host can make one, and nobody else can read whom it is about, because addresses end up in the logs of
/// whatever they pass through. The same token always has the same text, so that the same mail always has the same bytes:
/// the nonce is an HMAC of what is encrypted (a synthetic initialization vector), and AES-GCM does the rest.
public struct UnsubscribeKeys: Sendable {
    private struct Key: Sendable {
        let sealing: SymmetricKey
        let naming: SymmetricKey

        init(_ secret: Secret) {
            let root = SymmetricKey(data: Array(secret.revealed.utf8))
            func key(_ purpose: String) -> SymmetricKey {
                HKDF<SHA256>.deriveKey(
                    inputKeyMaterial: root, info: Array("switchboard unsubscribe \(purpose)".utf8), outputByteCount: 32)
            }
            (sealing, naming) = (key("sealing"), key("naming"))
        }

        func nonce(of plain: [UInt8]) -> [UInt8] {
            Array(HMAC<SHA256>.authenticationCode(for: plain, using: naming).prefix(12))
        }
    }

    /// Characters.
    public static let shortestSecret = 32
    private static let version: UInt8 = 1
    /// Characters of a token's text, at most.
    private static let longest = 1000

    /// The first one makes tokens.
    private let keys: [Key]

    /// - Parameters:
    ///   - secret: at least ``shortestSecret`` characters, hard to guess.
    ///   - previous: made tokens before: they stay good.
    public init(_ secret: Secret, previous: [Secret] = []) { keys = ([secret] + previous).map { Key($0) } }

    /// Letters, digits, `-` and `_`.
    public func text(of token: UnsubscribeToken) -> String {
        let plain = Self.bytes(of: token)
        guard let key = keys.first, let nonce = try? AES.GCM.Nonce(data: key.nonce(of: plain)),
            let sealed = try? AES.GCM.seal(plain, using: key.sealing, nonce: nonce, authenticating: [Self.version]),
            let bytes = sealed.combined
        else { return "" }
        return Self.text([Self.version] + bytes)
    }

    /// Nil: nobody here made it.
    public func token(in text: String) -> UnsubscribeToken? {
        guard text.utf8.count <= Self.longest, let bytes = Self.bytes(of: text), bytes.first == Self.version,
            let box = try? AES.GCM.SealedBox(combined: bytes.dropFirst())
        else { return nil }
        for key in keys {
            guard
                let plain = try? AES.GCM.open(box, using: key.sealing, authenticating: [Self.version]),
                Secret.matches(Array(box.nonce), key.nonce(of: Array(plain)))
            else { continue }
            return Self.token(Array(plain))
        }
        return nil
    }

    // MARK: Bytes

    /// The list's length, the list, the recipient.
    private static func bytes(of token: UnsubscribeToken) -> [UInt8] {
        let list = Array(token.list.utf8.prefix(255))
        return [UInt8(list.count)] + list + Array(token.recipient.utf8.prefix(400))
    }

    private static func token(_ plain: [UInt8]) -> UnsubscribeToken? {
        guard let count = plain.first, plain.count > Int(count) + 1,
            let list = String(validating: plain[1...Int(count)], as: UTF8.self), !list.isEmpty,
            let recipient = String(validating: plain[(Int(count) + 1)...], as: UTF8.self)
        else { return nil }
        return UnsubscribeToken(list: list, recipient: recipient)
    }

    private static func text(_ bytes: [UInt8]) -> String {
        let base64 = Data(bytes).base64EncodedString().prefix { $0 != "=" }
        return String(
            decoding: base64.utf8.map { byte in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: byte
                }
            }, as: UTF8.self)
    }

    /// Of the one way only in which ``text(_:)`` writes them.
    private static func bytes(of text: String) -> [UInt8]? {
        var base64 = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        base64 += Array(repeating: UInt8(ascii: "="), count: (4 - base64.count % 4) % 4)
        guard let bytes = Data(base64Encoded: Data(base64)).map({ Array($0) }), Self.text(bytes) == text else {
            return nil
        }
        return bytes
    }
}

/// The addresses of this host by which recipients leave one list, with one click and without a log-in (RFC 8058).
public struct UnsubscribeLinks: Sendable {
    /// The list that they leave.
    public let list: String
    private let publicURL: String
    private let keys: UnsubscribeKeys

    /// - Parameter publicURL: where the host is reached, without a slash at the end.
    public init(list: String, publicURL: String, keys: UnsubscribeKeys) {
        (self.list, self.publicURL, self.keys) = (list, publicURL, keys)
    }

    /// The address at which `recipient` unsubscribes.
    public func url(for recipient: String) -> String {
        "\(publicURL)/unsubscribe/\(keys.text(of: UnsubscribeToken(list: list, recipient: recipient)))"
    }
}
