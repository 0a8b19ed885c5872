import ChannelSDK
import ChannelSMS
import ChannelTesting
import Crypto
import CryptoExtras
import FoundationEssentials

/// The account that the tests of Vonage's Messages API use, and what it is sent.
enum VonageMessagesAccount {
    static let secret = "0123456789abcdef"
    static let signatureSecret = "signature-secret-of-the-account-0123456789"
    static let application = "78d335fa-323d-0114-9c3d-d6f0d48968cf"
    static let message = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
    /// Base64 of `abcd1234:0123456789abcdef`.
    static let credentials = "YWJjZDEyMzQ6MDEyMzQ1Njc4OWFiY2RlZg=="
    static let key = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    static func settings(_ changes: [String: SettingValue?] = [:]) -> [String: SettingValue] {
        var settings: [String: SettingValue] = [
            "api_key": .string("abcd1234"), "api_secret": .secret(Secret(secret)), "from": .string("+15551230000"),
            "signature_secret": .secret(Secret(signatureSecret)), "base_url": .string("https://api.nexmo.com"),
        ]
        for (name, value) in changes { settings[name] = value }
        return settings
    }

    static func kit(_ changes: [String: SettingValue?] = [:]) throws -> ChannelTestKit<SMSChannel> {
        try ChannelTestKit(provider: "vonage_messages", settings: settings(changes))
    }

    /// The settings of an account whose application proves its requests.
    static func applicationSettings() throws -> [String: SettingValue?] {
        [
            "api_secret": nil, "application_id": .string(application),
            "private_key": .secret(Secret(try key.get().pemRepresentation)),
        ]
    }

    static func answer(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
    }

    /// A webhook of Vonage's, not signed.
    static func webhook(_ body: String) -> WebhookRequest {
        WebhookRequest(
            method: "POST", url: "https://notify.example.com/webhooks/sms",
            headers: ["Content-Type": "application/json"], body: Array(body.utf8),
            receivedAt: Timestamp(seconds: 1_767_323_045))
    }

    static func with(_ request: WebhookRequest, authorization: String...) -> WebhookRequest {
        var headers = request.headers
        for value in authorization { headers.add("Authorization", value) }
        return WebhookRequest(
            method: request.method, url: request.url, headers: headers, body: request.body,
            receivedAt: request.receivedAt)
    }

    /// A token made as the scheme is described.
    static func token(
        _ claims: String, header: String = #"{"typ":"JWT","alg":"HS256"}"#, key: String = signatureSecret
    ) -> String {
        let signed = [header, claims].map { base64URL(Data($0.utf8)) }.joined(separator: ".")
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(signed.utf8), using: SymmetricKey(data: Data(key.utf8)))
        return "\(signed).\(base64URL(Data(code)))"
    }

    static func hash(_ body: [UInt8]) -> String {
        SHA256.hash(data: body).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func base64URL(_ data: Data) -> String {
        String(
            data.base64EncodedString().filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }
}
