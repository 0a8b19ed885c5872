/// That credentials were not accepted. The reason is for logs: to the client every refusal is the same.
public struct Refusal: Error, Sendable, Hashable {
    public enum Reason: String, Error, Sendable, Hashable, CaseIterable {
        case noCredentials = "no credentials"
        case unknownScheme = "not a bearer token"
        // Tokens
        case tokenTooLong = "the token is too long"
        case notAToken = "neither a token of three parts nor an API key"
        case foreignHeader = "the token's header is none of ours"
        case wrongSignature = "the token's signature is wrong"
        case unreadableClaims = "the token's claims can't be read"
        case foreignSpelling = "the token is not spelled as ours are"
        case wrongIssuer = "the token has another issuer"
        case wrongAudience = "the token has another audience"
        case expired = "the token has expired"
        case notYetValid = "the token is not valid yet"
        case superseded = "the password was changed after the token was given"
        // API keys
        case unknownKey = "no such API key"
        case wrongKey = "the API key's secret is wrong"
        case revokedKey = "the API key was revoked"
        case expiredKey = "the API key has expired"
        // Users
        case unknownUser = "no such user"
        case wrongPassword = "the password is wrong"
        case inactiveUser = "the user is not active"
    }

    public let reason: Reason

    public init(_ reason: Reason) { self.reason = reason }

    /// What every refused client is told. It tells nobody which addresses, keys or users there are.
    public static let message = "the credentials are missing, wrong or no longer good"
}
