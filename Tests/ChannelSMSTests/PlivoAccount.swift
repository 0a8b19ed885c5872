import ChannelSDK
import ChannelSMS
import ChannelTesting

/// The account that the tests use, and what it is sent.
enum PlivoAccount {
    static let id = "MAXXXXXXXXXXXXXXXX01"
    static let token = "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4"
    static let message = "db3ce55a-7f1d-11e1-8ea7-1231380bc196"

    static func settings(_ changes: [String: SettingValue?] = [:]) -> [String: SettingValue] {
        var settings: [String: SettingValue] = [
            "auth_id": .string(id), "auth_token": .secret(Secret(token)), "from": .string("+15551230000"),
            "base_url": .string("https://api.plivo.com"), "segment_reports": .boolean(true),
        ]
        for (name, value) in changes { settings[name] = value }
        return settings
    }

    static func kit(_ changes: [String: SettingValue?] = [:]) throws -> ChannelTestKit<SMSChannel> {
        try ChannelTestKit(provider: "plivo", settings: settings(changes))
    }

    static func answer(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
    }

    /// What Plivo answers to a message that it took.
    static let taken = answer(
        202, #"{"message": "message(s) queued", "message_uuid": ["\#(message)"], "api_id": "5d6c5d0e-7f1d-11e1"}"#)

    /// A webhook of Plivo's, not signed.
    static func webhook(_ fields: KeyValuePairs<String, String>, query: String = "", method: String = "POST")
        -> WebhookRequest
    {
        let body = FormEncoding.encode(fields.map { FormEncoding.Pair($0.key, $0.value) })
        return WebhookRequest(
            method: method, url: "https://notify.example.com/webhooks/sms\(query)",
            headers: ["Content-Type": "application/x-www-form-urlencoded"], body: method == "GET" ? [] : body,
            receivedAt: Timestamp(seconds: 1_767_323_045))
    }
}
