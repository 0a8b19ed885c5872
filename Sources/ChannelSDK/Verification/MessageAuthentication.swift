import Crypto
import FoundationEssentials

/// Hash functions that HMAC signatures are made with.
public enum SignatureHash: String, Sendable, Hashable, CaseIterable {
    /// For providers that have nothing better.
    case sha1
    /// The usual one.
    case sha256
    /// SHA-2 with 384 bits.
    case sha384
    /// SHA-2 with 512 bits.
    case sha512

    /// The HMAC over `parts`, one after the other.
    func authenticationCode(of parts: [[UInt8]], key: SymmetricKey) -> [UInt8] {
        switch self {
        case .sha1: code(Insecure.SHA1.self, parts, key)
        case .sha256: code(SHA256.self, parts, key)
        case .sha384: code(SHA384.self, parts, key)
        case .sha512: code(SHA512.self, parts, key)
        }
    }

    private func code<Hash: HashFunction>(_: Hash.Type, _ parts: [[UInt8]], _ key: SymmetricKey) -> [UInt8] {
        var hmac = HMAC<Hash>(key: key)
        for part in parts { hmac.update(data: part) }
        return Array(hmac.finalize())
    }
}

/// How the bytes of a signature are written in a header.
///
/// Signatures are compared as text, so that only the one canonical spelling of the right bytes is accepted.
public enum SignatureEncoding: Sendable, Hashable {
    /// Lower case.
    case hex
    /// With padding.
    case base64

    func text(_ bytes: [UInt8]) -> String {
        switch self {
        case .hex:
            String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
                for (index, byte) in bytes.enumerated() {
                    buffer[index * 2] = Self.digit(byte >> 4)
                    buffer[index * 2 + 1] = Self.digit(byte & 15)
                }
                return bytes.count * 2
            }
        case .base64: Data(bytes).base64EncodedString()
        }
    }

    /// The bytes of canonical base64 with padding; nil for anything else.
    static func base64Bytes(_ text: some StringProtocol) -> [UInt8]? {
        let text = String(text)
        guard let bytes = Data(base64Encoded: text), bytes.base64EncodedString() == text else { return nil }
        return Array(bytes)
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
