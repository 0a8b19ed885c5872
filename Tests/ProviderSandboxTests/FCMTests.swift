import CryptoExtras
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("FCM", .timeLimit(.minutes(10)))
struct FCMTests {
    private static let path = "/v1/projects/sandbox/messages:send"

    private static func message(to token: String = "device:1", _ more: String = "") -> String {
        #"{"message":{"token":"\#(token)","notification":{"title":"Hi","body":"hello"},"data":{"delivery":"d1"}\#(more)}}"#
    }

    /// A form with an assertion by the account of the sandbox, its claims changed by `edit`.
    private static func assertion(
        _ account: FCMAccount, alg: String = "RS256", edit: ([String: Any]) -> [String: Any] = { $0 }
    ) throws -> String {
        let file = try account.file(tokenURL: "http://127.0.0.1/token")
        let key = try _RSA.Signing.PrivateKey(pemRepresentation: try #require(file["private_key"]?.text))
        let now = Int(Date().timeIntervalSince1970)
        let claims: [String: Any] = [
            "iss": try #require(file["client_email"]?.text), "aud": try #require(file["token_uri"]?.text),
            "scope": "https://www.googleapis.com/auth/firebase.messaging", "iat": now, "exp": now + 3600,
        ]
        let parts = try [["alg": alg, "typ": "JWT"], edit(claims)].map {
            base64URL(try JSONSerialization.data(withJSONObject: $0))
        }
        let signed = parts.joined(separator: ".")
        return signed + "."
            + base64URL(try key.signature(for: Data(signed.utf8), padding: .insecurePKCS1v1_5).rawRepresentation)
    }

    private static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    @Test("a token for a good assertion, and for no other")
    func tokens() throws {
        let account = FCMAccount(settings: FCMSettings())
        let now = Int64(Date().timeIntervalSince1970)
        let answer = try account.token(for: try Self.assertion(account), at: now)
        let token = try #require(answer["access_token"]?.text)
        #expect(account.holds(token[...], at: now))
        #expect(!account.holds(token[...], at: now + 3600))
        account.revoke()
        #expect(!account.holds(token[...], at: now))
        let bad = [
            "", "a.b.c", try Self.assertion(account, alg: "none"),
            try Self.assertion(account) { $0.merging(["iss": "other@example.com"]) { $1 } },
            try Self.assertion(account) { $0.merging(["aud": "http://127.0.0.1/"]) { $1 } },
            try Self.assertion(account) { $0.merging(["scope": "other"]) { $1 } },
            try Self.assertion(account) { $0.merging(["exp": now - 1]) { $1 } },
            try Self.assertion(account) { $0.merging(["exp": now + 86_400]) { $1 } },
            try Self.assertion(FCMAccount(settings: FCMSettings())),
        ]
        for assertion in bad {
            #expect(throws: FCMTokenError.self, "\(assertion)") { try account.token(for: assertion, at: now) }
        }
    }

    @Test(
        "errors, by FCM's codes",
        arguments: [
            (message(to: "unregistered:1"), "UNREGISTERED"), (message(to: "other-sender:1"), "SENDER_ID_MISMATCH"),
            (message(to: "invalid:1"), "INVALID_ARGUMENT"), (message(to: "no-apns:1"), "THIRD_PARTY_AUTH_ERROR"),
            (message(to: ""), "INVALID_ARGUMENT"), (message(to: "device:1", #","to":"x""#), "INVALID_ARGUMENT"),
            ("no", "INVALID_ARGUMENT"), (message().replacing("\"d1\"", with: "1"), "INVALID_ARGUMENT"),
            (message().replacing("hello", with: String(repeating: "x", count: 4100)), "INVALID_ARGUMENT"),
        ])
    func errors(body: String, code: String) throws {
        let error = #expect(throws: FCMError.self) {
            let request = try FCMRequest(ByteBuffer(string: body))
            if let error = SpecialRegistration(token: request.token)?.error { throw error }
        }
        #expect(error?.errorCode == code)
    }

    @Test("without a token nothing is taken")
    func unauthenticated() async throws {
        try await LiveSandbox.run { sandbox in
            for headers in [[:], ["Authorization": "Bearer ya29.other"], ["Authorization": "Basic x"]] {
                let response = try await sandbox.post(Self.message(), to: Self.path, headers: headers)
                #expect(response.status == .unauthorized)
                #expect(JSONParser.parse(response.body)?["error"]?["status"] == "UNAUTHENTICATED")
            }
            let form = try await sandbox.post("grant_type=password", to: "/token", headers: [:])
            #expect(form.status == .badRequest)
        }
    }
}
