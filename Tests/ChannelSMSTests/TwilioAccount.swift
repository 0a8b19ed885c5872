import ChannelSDK
import ChannelSMS
import ChannelTesting

/// The account that the tests use, and what it is sent.
enum TwilioAccount {
    static let sid = "AC0db966d80e9f1662da09c61287f8bba1"
    static let token = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    static let messageSID = "SM4262411b90e5464b98a4f66a49c57a97"

    static func settings(_ changes: [String: SettingValue?] = [:]) -> [String: SettingValue] {
        var settings: [String: SettingValue] = [
            "account_sid": .string(sid), "auth_token": .secret(Secret(token)), "from": .string("+15551230000"),
            "base_url": .string("https://api.twilio.com"),
        ]
        for (name, value) in changes { settings[name] = value }
        return settings
    }

    static func kit(
        _ changes: [String: SettingValue?] = [:],
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResult = { _ in .success(HTTPResponse(status: 200)) }
    ) throws -> ChannelTestKit<SMSChannel> {
        try ChannelTestKit(provider: "twilio", settings: settings(changes), answer: answer)
    }

    /// What Twilio answers to a message that it took, as its documentation prints it.
    static func message(sid: String = messageSID, status: String = "queued") -> HTTPResponse {
        answer(
            201,
            #"""
            {"account_sid": "\#(Self.sid)", "api_version": "2010-04-01", "body": "Hi there",
            "date_created": "Thu, 24 Aug 2023 05:01:45 +0000", "date_sent": null, "direction": "outbound-api",
            "error_code": null, "error_message": null, "from": "+15551230000", "num_media": "0", "num_segments": "1",
            "price": null, "sid": "\#(sid)", "status": "\#(status)", "to": "+15551230001",
            "subresource_uris": {"media": "/2010-04-01/Accounts/AC/Messages/SM/Media.json"}}
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
            method: method, url: "https://notify.example.com/webhooks/sms\(query)",
            headers: ["Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"],
            body: method == "GET" ? [] : body, receivedAt: Timestamp(seconds: 1_767_323_045))
    }
}
