import ChannelSDK
import CryptoExtras
import FoundationEssentials
import Synchronization

/// The JSON Web Tokens (RFC 7519, RS256) by which an application's requests prove whose they are.
///
/// One is good for a quarter of an hour and any number of requests; a new one is made every five minutes, because a
/// signature takes longer than everything else about a request.
final class VonageToken: Sendable {
    private static let lifetime: Int64 = 900
    private static let renewal: Int64 = 300

    private let application: String
    private let key: _RSA.Signing.PrivateKey
    private let clock: any WallClock
    private let latest = Mutex<(issuedAt: Int64, token: Secret)?>(nil)

    init(application: String, key: _RSA.Signing.PrivateKey, clock: any WallClock) {
        (self.application, self.key, self.clock) = (application, key, clock)
    }

    /// - Throws: what CryptoExtras finds wrong with the key.
    func current() throws -> Secret {
        let now = clock.now().milliseconds / 1000
        return try latest.withLock { latest in
            // A clock that was set back must not keep a token of the future.
            if let latest, (0..<Self.renewal).contains(now - latest.issuedAt) { return latest.token }
            let token = try issue(at: now)
            latest = (now, token)
            return token
        }
    }

    private func issue(at now: Int64) throws -> Secret {
        let id = (0..<2).map { _ in String(UInt64.random(in: 0 ... .max), radix: 16) }.joined(separator: "-")
        let header = #"{"alg":"RS256","typ":"JWT"}"#
        let claims =
            #"{"application_id":"\#(application)","iat":\#(now),"exp":\#(now + Self.lifetime),"jti":"\#(id)"}"#
        let signed = [header, claims].map { Base64URL.encode($0.utf8) }.joined(separator: ".")
        let signature = try key.signature(for: Data(signed.utf8), padding: .insecurePKCS1v1_5)
        return Secret(signed + "." + Base64URL.encode(signature.rawRepresentation))
    }
}
