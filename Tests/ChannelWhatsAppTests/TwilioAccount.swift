import ChannelSDK
import ChannelTesting
import ChannelWhatsApp

/// The Twilio account that the tests use, and what it is sent.
enum TwilioAccount {
    static let sid = "AC0db966d80e9f1662da09c61287f8bba1"
    static let token = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    static let messageSID = "SM4262411b90e5464b98a4f66a49c57a97"
    static let template = "HX0db966d80e9f1662da09c61287f8bba1"

    static func settings(_ changes: [String: SettingValue?] = [:]) -> [String: SettingValue] {
        var settings: [String: SettingValue] = [
            "account_sid": .string(sid), "auth_token": .secret(Secret(token)), "from": .string("+14155238886"),
            "base_url": .string("https://api.twilio.com"), "template_only": .boolean(false),
        ]
        for (name, value) in changes { settings[name] = value }
        return settings
    }

    static func kit(
        _ changes: [String: SettingValue?] = [:],
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResult = { _ in .success(HTTPResponse(status: 200)) }
    ) throws -> ChannelTestKit<WhatsAppChannel> {
        try ChannelTestKit(provider: "twilio", settings: settings(changes), answer: answer)
    }

    /// What Twilio answers to a message that it took.
    static func taken(status: String = "queued") -> HTTPResponse {
        answer(
            201,
            #"""
            {"account_sid": "\#(sid)", "body": "Hi there", "error_code": null, "from": "whatsapp:+14155238886",
            "num_segments": "1", "sid": "\#(messageSID)", "status": "\#(status)", "to": "whatsapp:+15551230001"}
            """#)
    }

    static func error(_ status: Int, code: Int, _ message: String = "Twilio's words") -> HTTPResponse {
        answer(
            status,
            #"{"code": \#(code), "message": "\#(message)", "more_info": "https://www.twilio.com/docs/errors/\#(code)", "#
                + #""status": \#(status)}"#)
    }

    static func answer(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
    }

    /// A webhook of Twilio's, not signed.
    static func webhook(_ fields: KeyValuePairs<String, String>, query: String = "", method: String = "POST")
        -> WebhookRequest
    {
        let body = FormEncoding.encode(fields.map { FormEncoding.Pair($0.key, $0.value) })
        return WebhookRequest(
            method: method, url: "https://notify.example.com/webhooks/whatsapp\(query)",
            headers: ["Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"],
            body: method == "GET" ? [] : body, receivedAt: Timestamp(seconds: 1_767_323_045))
    }
}
