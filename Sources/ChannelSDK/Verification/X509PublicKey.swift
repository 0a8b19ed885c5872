import CryptoExtras
import FoundationEssentials

/// The RSA key of an X.509 certificate. Nothing else of the certificate is looked at: whoever reads it must know from
/// elsewhere that it is the right one.
struct X509PublicKey {
    let key: _RSA.Signing.PublicKey

    /// Nil when it is no certificate, or its key is not an RSA key of at least 2048 bits.
    init?(pem: [UInt8]) {
        let lines = String(decoding: pem, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard let begin = lines.firstIndex(of: "-----BEGIN CERTIFICATE-----"),
            let end = lines[begin...].firstIndex(of: "-----END CERTIFICATE-----"),
            let der = Data(base64Encoded: lines[(begin + 1)..<end].joined()),
            let info = Self.publicKeyInfo(Array(der)), let key = try? _RSA.Signing.PublicKey(derRepresentation: info)
        else { return nil }
        self.key = key
    }

    /// SubjectPublicKeyInfo: in the certificate's first part, after an optional version, the serial number, algorithm,
    /// issuer, validity and subject (RFC 5280, 4.1).
    private static func publicKeyInfo(_ der: [UInt8]) -> [UInt8]? {
        guard let certificate = element(der[...]), let body = element(certificate.content) else { return nil }
        var rest = body.content
        if rest.first == 0xA0 {
            guard let version = element(rest) else { return nil }
            rest = version.rest
        }
        for _ in 0..<5 {
            guard let field = element(rest) else { return nil }
            rest = field.rest
        }
        return element(rest).map { Array($0.whole) }
    }

    /// One DER element at the start of `bytes`: all of it, its content, and what follows.
    private static func element(_ bytes: ArraySlice<UInt8>)
        -> (whole: ArraySlice<UInt8>, content: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)?
    {
        guard bytes.count >= 2 else { return nil }
        var start = bytes.startIndex + 2
        var length = Int(bytes[bytes.startIndex + 1])
        if length >= 0x80 {
            let count = length & 0x7F
            guard (1...3).contains(count), bytes.count >= 2 + count else { return nil }
            length = bytes[start..<(start + count)].reduce(0) { $0 << 8 | Int($1) }
            start += count
        }
        guard length <= bytes.endIndex - start else { return nil }
        let end = start + length
        return (bytes[bytes.startIndex..<end], bytes[start..<end], bytes[end...])
    }
}
