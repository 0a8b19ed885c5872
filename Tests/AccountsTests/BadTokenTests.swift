import ChannelSDK
import Crypto
import Foundation
import Testing

@testable import Accounts

/// A token that must be refused, and why. But for what its name says, each is as good as the host's own.
struct BadToken: Sendable, CustomStringConvertible {
    let name: String
    let reason: Refusal.Reason
    let make: @Sendable (TokenForge) -> String

    init(_ name: String, _ reason: Refusal.Reason, _ make: @escaping @Sendable (TokenForge) -> String) {
        self.name = name
        self.reason = reason
        self.make = make
    }

    var description: String { name }
}

extension BadToken {
    static let algorithms: [BadToken] = [
        .init("alg none, no signature", .foreignHeader) {
            let unsigned = $0.token(header: #"{"alg":"none","typ":"JWT"}"#)
            return unsigned.split(separator: ".")[0...1].joined(separator: ".") + "."
        },
        .init("alg none, signed all the same", .foreignHeader) { $0.token(header: $0.header(alg: "none")) },
        .init("alg None", .foreignHeader) { $0.token(header: $0.header(alg: "None")) },
        .init("alg nOnE", .foreignHeader) { $0.token(header: $0.header(alg: "nOnE")) },
        .init("alg empty", .foreignHeader) { $0.token(header: $0.header(alg: "")) },
        .init("alg hs256", .foreignHeader) { $0.token(header: $0.header(alg: "hs256")) },
        .init("alg HS384", .foreignHeader) { $0.token(header: $0.header(alg: "HS384")) },
        .init("alg HS512", .foreignHeader) { $0.token(header: $0.header(alg: "HS512")) },
        .init("alg RS256, the secret taken for a public key", .foreignHeader) {
            $0.token(header: $0.header(alg: "RS256"))
        },
        .init("alg PS256", .foreignHeader) { $0.token(header: $0.header(alg: "PS256")) },
        .init("alg ES256", .foreignHeader) { $0.token(header: $0.header(alg: "ES256")) },
        .init("alg EdDSA", .foreignHeader) { $0.token(header: $0.header(alg: "EdDSA")) },
        .init("alg twice", .foreignHeader) { $0.token(header: $0.header(adding: #""alg":"none""#)) },
        .init("alg null", .foreignHeader) { $0.token(header: #"{"alg":null,"kid":"\#($0.kid)","typ":"JWT"}"#) },
        .init("alg a list", .foreignHeader) { $0.token(header: #"{"alg":["HS256"],"kid":"\#($0.kid)"}"#) },
        .init("no alg", .foreignHeader) { $0.token(header: #"{"kid":"\#($0.kid)","typ":"JWT"}"#) },
    ]

    static let headers: [BadToken] = [
        .init("no kid", .foreignHeader) { $0.token(header: #"{"alg":"HS256","typ":"JWT"}"#) },
        .init("an unknown kid", .foreignHeader) { $0.token(header: $0.header(kid: "0000000000000")) },
        .init("kid a path", .foreignHeader) { $0.token(header: $0.header(kid: "../../../../dev/null")) },
        .init("kid a path, signed by an empty key", .foreignHeader) {
            $0.token(header: $0.header(kid: "/dev/null"), secret: Secret("\0"))
        },
        .init("kid SQL", .foreignHeader) { $0.token(header: $0.header(kid: "x' UNION SELECT 'key'--")) },
        .init("kid a command", .foreignHeader) { $0.token(header: $0.header(kid: "x|/bin/true")) },
        .init("kid with a zero byte", .foreignHeader) { $0.token(header: $0.header(kid: $0.kid + "\\u0000")) },
        .init("kid a number", .foreignHeader) { $0.token(header: #"{"alg":"HS256","kid":1,"typ":"JWT"}"#) },
        .init("the older secret's kid, signed by the current one", .wrongSignature) { forge in
            forge.token(header: forge.header(kid: BadTokenTests.olderKid))
        },
        .init("jku", .foreignHeader) { $0.token(header: $0.header(adding: #""jku":"http://127.0.0.1:1/k""#)) },
        .init("jwk of its own", .foreignHeader) {
            $0.token(header: $0.header(adding: #""jwk":{"kty":"oct","k":"AAAA"}"#), secret: Secret("\0\0\0"))
        },
        .init("x5u", .foreignHeader) { $0.token(header: $0.header(adding: #""x5u":"http://127.0.0.1:1/c""#)) },
        .init("x5c", .foreignHeader) { $0.token(header: $0.header(adding: #""x5c":["MIIB"]"#)) },
        .init("crit of something unknown", .foreignHeader) {
            $0.token(header: $0.header(adding: #""crit":["exp"],"exp":1"#))
        },
        .init("b64 false", .foreignHeader) { $0.token(header: $0.header(adding: #""b64":false,"crit":["b64"]"#)) },
        .init("zip", .foreignHeader) { $0.token(header: $0.header(adding: #""zip":"DEF""#)) },
        .init("a nested token", .foreignHeader) { $0.token(header: $0.header(adding: #""cty":"JWT""#)) },
        .init("the header with a blank", .foreignHeader) { $0.token(header: " " + $0.header) },
        .init("the header deep", .foreignHeader) {
            let deep = String(repeating: "[", count: 513)
            return $0.token(header: $0.header(adding: #""x":"# + deep))
        },
        .init("the header no object", .foreignHeader) { $0.token(header: "[]") },
        .init("the header not JSON", .foreignHeader) { $0.token(header: "HS256") },
        .init("the header not UTF-8", .foreignHeader) {
            $0.signed(TokenForge.encode([0xFF, 0xFE, 0x00]), $0.segments[1])
        },
    ]

    static let signatures: [BadToken] = [
        .init("no signature", .wrongSignature) { $0.segments[0...1].joined(separator: ".") + "." },
        .init("another secret", .wrongSignature) { $0.token(secret: Secret("another secret, of 33 characters.")) },
        .init("an empty secret", .wrongSignature) { $0.token(secret: Secret("\0")) },
        .init("HS512 under the header of HS256", .wrongSignature) { forge in
            let input = forge.segments[0] + "." + forge.segments[1]
            let key = SymmetricKey(data: Data(Bench.secret.revealed.utf8))
            return input + "." + TokenForge.encode(HMAC<SHA512>.authenticationCode(for: Data(input.utf8), using: key))
        },
        .init("a signature cut short", .wrongSignature) { String($0.good.dropLast(2)) },
        .init("a signature with one letter changed", .wrongSignature) { forge in
            let first = forge.segments[2].first == "A" ? "B" : "A"
            return forge.segments[0...1].joined(separator: ".") + "." + first + forge.segments[2].dropFirst()
        },
        .init("the claims of somebody else under a good signature", .wrongSignature) { forge in
            let claims = TokenForge.encode(forge.claims("sub", #""usr_00000000000000000000000000""#).utf8)
            return [forge.segments[0], claims, forge.segments[2]].joined(separator: ".")
        },
    ]

    static let claims: [BadToken] = [
        .init("expired this second", .expired) { $0.token(payload: $0.claims("exp", "1700000000")) },
        .init("expired long ago", .expired) { $0.token(payload: $0.claims("exp", "1")) },
        .init("exp before iat", .expired) {
            $0.token(payload: $0.claims(["exp": "1700000010", "iat": "1700000020"]))
        },
        .init("made a lifetime ago, though its exp is far", .expired) {
            $0.token(payload: $0.claims(["exp": "9999999999", "iat": "1699996400"]))
        },
        .init("exp negative", .expired) { $0.token(payload: $0.claims("exp", "-1")) },
        .init("from the future", .notYetValid) { $0.token(payload: $0.claims("iat", "1700000031")) },
        .init("not valid yet", .notYetValid) { $0.token(payload: $0.claims("nbf", "1700000031")) },
        .init("nbf at the end of time", .notYetValid) { $0.token(payload: $0.claims("nbf", "9223372036854775807")) },
        .init("another issuer", .wrongIssuer) { $0.token(payload: $0.claims("iss", #""evil""#)) },
        .init("an empty issuer", .wrongIssuer) { $0.token(payload: $0.claims("iss", #""""#)) },
        .init("another audience", .wrongAudience) { $0.token(payload: $0.claims("aud", #""billing""#)) },
        .init("the audience in capitals", .wrongAudience) { $0.token(payload: $0.claims("aud", #""Switchboard""#)) },
        .init("nobody's id", .unknownUser) {
            $0.token(payload: $0.claims("sub", #""usr_00000000000000000000000000""#))
        },
        .init("a subject that is no id", .unknownUser) { $0.token(payload: $0.claims("sub", #""admin""#)) },
        .init("of before the password was changed", .superseded) { $0.token(payload: $0.claims("ver", "0")) },
    ]

    static let spellings: [BadToken] = [
        .init("audiences in a list", .unreadableClaims) { $0.token(payload: $0.claims("aud", #"["switchboard"]"#)) },
        .init("no exp", .unreadableClaims) { $0.token(payload: $0.claims(without: "exp")) },
        .init("no nbf", .unreadableClaims) { $0.token(payload: $0.claims(without: "nbf")) },
        .init("no iat", .unreadableClaims) { $0.token(payload: $0.claims(without: "iat")) },
        .init("no aud", .unreadableClaims) { $0.token(payload: $0.claims(without: "aud")) },
        .init("no iss", .unreadableClaims) { $0.token(payload: $0.claims(without: "iss")) },
        .init("no sub", .unreadableClaims) { $0.token(payload: $0.claims(without: "sub")) },
        .init("exp null", .unreadableClaims) { $0.token(payload: $0.claims("exp", "null")) },
        .init("exp a text", .unreadableClaims) { $0.token(payload: $0.claims("exp", #""9999999999""#)) },
        .init("exp beyond all numbers", .unreadableClaims) { $0.token(payload: $0.claims("exp", "1e400")) },
        .init("exp a fraction", .unreadableClaims) { $0.token(payload: $0.claims("exp", "9999999999.5")) },
        .init("exp with an exponent", .foreignSpelling) { $0.token(payload: $0.claims("exp", "17000036e2")) },
        .init("exp twice", .foreignSpelling) {
            $0.token(payload: $0.payload.dropLast() + #","exp":9999999999}"#)
        },
        .init("a claim too many", .foreignSpelling) {
            $0.token(payload: $0.payload.dropLast() + #","role":"admin"}"#)
        },
        .init("claims in another order", .foreignSpelling) {
            let parts = $0.payload.dropFirst().dropLast().split(separator: ",")
            return $0.token(payload: "{" + parts.reversed().joined(separator: ",") + "}")
        },
        .init("claims with blanks", .foreignSpelling) { $0.token(payload: $0.payload.replacing(":", with: ": ")) },
        .init("claims with an escape", .foreignSpelling) {
            $0.token(payload: $0.payload.replacing("usr", with: "\\u0075sr"))
        },
        .init("deep claims", .unreadableClaims) {
            $0.token(payload: String(repeating: "[", count: 513) + String(repeating: "]", count: 513))
        },
        .init("deep claims that end at once", .unreadableClaims) {
            $0.token(payload: String(repeating: "[", count: 513))
        },
        .init("claims no object", .unreadableClaims) { $0.token(payload: "1") },
        .init("claims empty", .unreadableClaims) { $0.token(payload: "") },
        .init("claims not UTF-8", .unreadableClaims) { $0.signed($0.segments[0], TokenForge.encode([0xC0, 0x80])) },
        .init("claims not base64", .unreadableClaims) { $0.signed($0.segments[0], "!!!!") },
        .init("claims in base64 with padding", .foreignSpelling) { forge in
            let blanks = (0..<3).map { forge.payload + String(repeating: " ", count: $0) }
            let padded = blanks.map { Data($0.utf8).base64EncodedString() }.first { $0.hasSuffix("=") }!
            return forge.signed(forge.segments[0], padded)
        },
    ]

    static let shapes: [BadToken] = [
        .init("no token at all", .notAToken) { _ in "" },
        .init("one part", .notAToken) { $0.segments[0] },
        .init("two parts", .notAToken) { $0.segments[0...1].joined(separator: ".") },
        .init("four parts", .notAToken) { $0.good + "." },
        .init("five parts, as encrypted ones have", .notAToken) { $0.good + ".x.y" },
        .init("dots alone", .foreignHeader) { _ in ".." },
        .init("one letter too many", .wrongSignature) { $0.good + "AA" },
        .init("a signature with padding", .foreignSpelling) { $0.good + "=" },
        .init("a signature whose last bits are not zero", .foreignSpelling) { forge in
            // 43 digits are 258 bits: the last two are thrown away by who decodes them.
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            let place = alphabet.firstIndex(of: forge.good.last!)!
            return forge.good.dropLast() + String(alphabet[place + 1])
        },
        .init("a blank behind it", .wrongSignature) { $0.good + " " },
        .init("two at once", .notAToken) { $0.good + "," + $0.good },
        .init("in capitals", .foreignHeader) { $0.good.uppercased() },
        .init("huge", .tokenTooLong) { $0.token(payload: String(repeating: "a", count: 1 << 20)) },
        .init("a little too long", .tokenTooLong) {
            $0.good + String(repeating: "A", count: 2049 - $0.good.utf8.count)
        },
        .init("letters of other alphabets", .foreignHeader) { $0.good.replacing("e", with: "е") },
    ]

    static let all = algorithms + headers + signatures + claims + spellings + shapes
}

@Suite(.timeLimit(.minutes(10)))
struct BadTokenTests {
    /// Of the secret that was in use before.
    static let olderKid = Tokens.keyID(of: Bench.olderSecret)

    @Test func thereAreEnough() {
        #expect(BadToken.all.count >= 90)
        #expect(Set(BadToken.all.map(\.name)).count == BadToken.all.count)
    }

    @Test(arguments: BadToken.all)
    func isRefused(_ bad: BadToken) async throws {
        let bench = try await Bench()
        try await bench.user()
        let forge = try TokenForge(try await bench.login())
        #expect(try await bench.refusal(of: bad.make(forge)) == bad.reason)
        // What the forge makes of the same is good, so it is for the change alone.
        #expect(try await bench.refusal(of: forge.token()) == nil)
    }

    /// Every letter changed to every other that it could be taken for, and every cut.
    @Test func noLetterCanBeChanged() async throws {
        let bench = try await Bench()
        try await bench.user()
        let good = Array(try await bench.login().utf8)
        for place in good.indices {
            for letter in [
                UInt8(ascii: "A"), UInt8(ascii: "B"), UInt8(ascii: "."), good[place] ^ 0x20, good[place] ^ 1,
            ]
            where letter != good[place] {
                var bad = good
                bad[place] = letter
                #expect(try await bench.refusal(of: String(decoding: bad, as: UTF8.self)) != nil, "at \(place)")
            }
            #expect(try await bench.refusal(of: String(decoding: good[..<place], as: UTF8.self)) != nil)
        }
        #expect(try await bench.refusal(of: String(decoding: good, as: UTF8.self)) == nil)
    }
}
