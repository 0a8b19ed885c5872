import ChannelSDK
import ChannelSMS
import ChannelTesting

/// The account that the tests of Vonage's SMS API use, and what it is sent.
enum VonageSMSAccount {
    static let secret = "0123456789abcdef"
    static let signatureSecret = "signature_secret_of_the_account"
    static let message = "0A0000001234567B"
    /// Base64 of `abcd1234:0123456789abcdef`.
    static let credentials = "YWJjZDEyMzQ6MDEyMzQ1Njc4OWFiY2RlZg=="

    static func settings(_ changes: [String: SettingValue?] = [:]) -> [String: SettingValue] {
        var settings: [String: SettingValue] = [
            "api_key": .string("abcd1234"), "api_secret": .secret(Secret(secret)), "from": .string("+15551230000"),
            "signature_secret": .secret(Secret(signatureSecret)), "signature_method": .string("hmac-sha256"),
            "base_url": .string("https://rest.nexmo.com"),
        ]
        for (name, value) in changes { settings[name] = value }
        return settings
    }

    static func kit(_ changes: [String: SettingValue?] = [:]) throws -> ChannelTestKit<SMSChannel> {
        try ChannelTestKit(provider: "vonage", settings: settings(changes))
    }

    static func answer(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
    }

    /// How Vonage may be told to send webhooks.
    enum Form: CaseIterable {
        case query, form, json
    }

    /// A webhook of Vonage's, not signed.
    static func webhook(_ fields: KeyValuePairs<String, String>, as form: Form = .form) -> WebhookRequest {
        webhook(fields.map { FormEncoding.Pair($0.key, $0.value) }, as: form)
    }

    static func webhook(_ pairs: [FormEncoding.Pair], as form: Form = .form) -> WebhookRequest {
        let encoded = FormEncoding.encode(pairs)
        let json = pairs.map { "\(quoted($0.name)):\(quoted($0.value))" }.joined(separator: ",")
        let (query, body, type): (String, [UInt8], String?) =
            switch form {
            case .query: ("?" + String(decoding: encoded, as: UTF8.self), [], nil)
            case .form: ("", encoded, "application/x-www-form-urlencoded")
            case .json: ("", Array(" {\(json)}".utf8), "application/json")
            }
        return WebhookRequest(
            method: form == .query ? "GET" : "POST", url: "https://notify.example.com/webhooks/sms\(query)",
            headers: HTTPHeaders(type.map { [.init(name: "Content-Type", value: $0)] } ?? []), body: body,
            receivedAt: Timestamp(seconds: 1_767_323_045))
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "\"\(escaped)\""
    }

    /// The request with `sig` among its fields, made as the scheme is described.
    static func signed(_ pairs: [FormEncoding.Pair], as form: Form, key: String = signatureSecret) -> WebhookRequest {
        let text = pairs.sorted { $0.name < $1.name }.map { pair in
            "&\(pair.name)=\(pair.value.replacing("&", with: "_").replacing("=", with: "_"))"
        }.joined()
        let sig = HMACSignature(header: "", key: Secret(key)).signature(of: Array(text.utf8))
        return webhook(pairs + [.init("sig", sig)], as: form)
    }
}
