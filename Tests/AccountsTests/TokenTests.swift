import ChannelSDK
import PortConformance
import Testing

@testable import Accounts

@Suite(.timeLimit(.minutes(10)))
struct TokenTests {
    @Test func aTokenSaysWhoItIsFrom() async throws {
        let bench = try await Bench()
        let user = try await bench.user(role: .viewer)
        let token = try await bench.login()
        #expect(token.utf8.count < Tokens.maxBytes / 2)
        let principal = try await bench.service.authenticate(authorization: "Bearer " + token)
        #expect(
            principal
                == Principal(
                    account: user.account, user: user.id, role: .viewer, scopes: Role.viewer.scopes, credential: .token)
        )
    }

    /// jwt-kit writes them: what is pinned is what it writes.
    @Test func spellingIsTheOneThatIsPinned() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let forge = try TokenForge(try await bench.login())
        #expect(forge.header == #"{"alg":"HS256","kid":"\#(Tokens.keyID(of: Bench.secret))","typ":"JWT"}"#)
        #expect(
            forge.payload
                == #"{"aud":"switchboard","exp":1700003600,"iat":1700000000,"iss":"switchboard","nbf":1700000000,"#
                + #""sub":"\#(user.id)","ver":1}"#)
        #expect(forge.token() == forge.good)
    }

    @Test func aTokenEndsWithItsLifetime() async throws {
        let bench = try await Bench()
        try await bench.user()
        let token = try await bench.login()
        bench.clock.advance(by: .milliseconds(3_599_999))
        #expect(try await bench.refusal(of: token) == nil)
        bench.clock.advance(by: .milliseconds(1))
        #expect(try await bench.refusal(of: token) == .expired)
    }

    /// Another replica's clock may be ahead by half a minute.
    @Test func clocksMayDiffer() async throws {
        let bench = try await Bench()
        try await bench.user()
        let forge = try TokenForge(try await bench.login())
        let ahead = forge.claims(["iat": "1700000030", "nbf": "1700000030", "exp": "1700003630"])
        #expect(try await bench.refusal(of: forge.token(payload: ahead)) == nil)
    }

    @Test func theOlderSecretStillVerifiesAndSignsNoMore() async throws {
        let store = MemoryAccountStore()
        let before = try await Bench(store: store, tokens: TokenConfiguration(secret: Bench.olderSecret))
        try await before.user()
        let old = try await before.login()
        let during = try await Bench(store: store)
        #expect(try await during.refusal(of: old) == nil)
        #expect(try TokenForge(try await during.login()).kid == Tokens.keyID(of: Bench.secret))
        let after = try await Bench(store: store, tokens: TokenConfiguration(secret: Bench.secret))
        #expect(try await after.refusal(of: old) == .foreignHeader)
        #expect(try await after.refusal(of: try await during.login()) == nil)
    }

    @Test(arguments: [
        ("secret", TokenConfiguration(secret: Secret(String(repeating: "x", count: 31)))),
        ("secret", TokenConfiguration(secret: Secret(""))),
        ("previous_secret", TokenConfiguration(secret: Bench.secret, previousSecret: Secret("short"))),
        ("previous_secret", TokenConfiguration(secret: Bench.secret, previousSecret: Bench.secret)),
        ("issuer", TokenConfiguration(secret: Bench.secret, issuer: "")),
        ("audience", TokenConfiguration(secret: Bench.secret, audience: "two words")),
        ("lifetime", TokenConfiguration(secret: Bench.secret, lifetime: .seconds(59))),
        ("lifetime", TokenConfiguration(secret: Bench.secret, lifetime: .milliseconds(60_500))),
        ("lifetime", TokenConfiguration(secret: Bench.secret, lifetime: .seconds(90_000))),
    ])
    func badConfigurationsAreRefused(setting: String, configuration: TokenConfiguration) async throws {
        #expect(configuration.problems.map(\.setting) == [setting])
        let problem = try #require(configuration.problems.first)
        await #expect(throws: problem) { try await Tokens(configuration, clock: Bench().clock) }
        #expect(!problem.description.contains("xxx") && !problem.description.contains(Bench.secret.revealed))
    }

    @Test func aSecretOfThirtyTwoCharactersIsEnough() async throws {
        let configuration = TokenConfiguration(secret: Secret(String(repeating: "é", count: 32)))
        #expect(configuration.problems.isEmpty)
        let bench = try await Bench(tokens: configuration)
        try await bench.user()
        #expect(try await bench.refusal(of: try await bench.login()) == nil)
    }

    @Test(
        arguments: [
            (nil, Refusal.Reason.noCredentials), ("", .noCredentials), ("Bearer", .unknownScheme),
            ("Basic dXNlcjpwYXNz", .unknownScheme), ("Token x", .unknownScheme), ("bearer\tx", .unknownScheme),
            ("Bearer x", .notAToken), ("BEARER x", .notAToken), ("Bearer  x", .notAToken),
            ("Bearer " + String(repeating: "x", count: 1 << 20), .tokenTooLong),
        ] as [(String?, Refusal.Reason)])
    func otherHeadersAreRefused(header: String?, reason: Refusal.Reason) async throws {
        let service = try await Bench().service
        await #expect(throws: AccountError.refused(Refusal(reason))) {
            try await service.authenticate(authorization: header)
        }
    }
}
