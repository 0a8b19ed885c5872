import JWTKit

/// What a token says. Times are whole seconds since 1970.
struct AccessClaims: JWTPayload, Equatable {
    let issuer: String
    let audience: String
    /// A ``UserID``.
    let subject: String
    let issuedAt: Int64
    let notBefore: Int64
    let expiresAt: Int64
    let credentialVersion: Int

    enum CodingKeys: String, CodingKey {
        case issuer = "iss"
        case audience = "aud"
        case subject = "sub"
        case issuedAt = "iat"
        case notBefore = "nbf"
        case expiresAt = "exp"
        case credentialVersion = "ver"
    }

    /// Judged by ``Tokens``, which has the clock.
    func verify(using _: some JWTAlgorithm) {}
}
