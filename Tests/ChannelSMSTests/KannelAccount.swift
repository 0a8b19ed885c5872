import ChannelSDK
import ChannelSMS
import ChannelTesting

/// The gateway that the tests use, and what it sends.
enum KannelAccount {
    static let password = "foo bar&baz"
    static let secret = "0123456789-abc.~"

    static func settings(_ changes: [String: SettingValue?] = [:]) -> [String: SettingValue] {
        var settings: [String: SettingValue] = [
            "username": .string("tester"), "password": .secret(Secret(password)), "from": .string("+15551230000"),
            "webhook_secret": .secret(Secret(secret)), "base_url": .string("http://127.0.0.1:13013"),
            "max_messages": .integer(10),
        ]
        for (name, value) in changes { settings[name] = value }
        return settings
    }

    static func kit(_ changes: [String: SettingValue?] = [:]) throws -> ChannelTestKit<SMSChannel> {
        try ChannelTestKit(provider: "kannel", settings: settings(changes))
    }

    static func answer(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
    }

    static func webhook(_ query: String, method: String = "GET", body: [UInt8] = []) -> WebhookRequest {
        WebhookRequest(
            method: method, url: "https://notify.example.com/webhooks/sms?\(query)",
            headers: ["User-Agent": "Kannel/1.4.5", "X-Kannel-SMSC": "FAKE"], body: body,
            receivedAt: Timestamp(seconds: 1_795_248_281))
    }
}
