import ChannelSDK
import ChannelTesting
import ChannelWhatsApp

/// The phone number on Meta's Cloud API that the tests use, and what it is sent.
enum MetaAccount {
    static let accessToken = "EAAJB0ZCw8Bk0BO7ZCZAaccesstoken"
    static let appSecret = "1222e786b144d0e85b9f365372d93676"
    static let verifyToken = "our-own-verify-token"
    static let messageID = "wamid.HBgLMTU1NTEyMzAwMDEVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA"

    static func settings(_ changes: [String: SettingValue?] = [:]) -> [String: SettingValue] {
        var settings: [String: SettingValue] = [
            "phone_number_id": .string("277321005464405"), "access_token": .secret(Secret(accessToken)),
            "app_secret": .secret(Secret(appSecret)), "verify_token": .secret(Secret(verifyToken)),
            "api_version": .string("v25.0"), "base_url": .string("https://graph.facebook.com"),
            "preview_urls": .boolean(false), "template_language": .string("en_US"), "template_only": .boolean(false),
        ]
        for (name, value) in changes { settings[name] = value }
        return settings
    }

    static func kit(
        _ changes: [String: SettingValue?] = [:],
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResult = { _ in .success(HTTPResponse(status: 200)) }
    ) throws -> ChannelTestKit<WhatsAppChannel> {
        try ChannelTestKit(provider: "meta", settings: settings(changes), answer: answer)
    }

    /// What Meta answers to a message that it took, as its documentation prints it.
    static func taken(id: String = messageID) -> HTTPResponse {
        answer(
            200,
            #"""
            {"messaging_product": "whatsapp", "contacts": [{"input": "15551230001", "wa_id": "15551230001"}],
            "messages": [{"id": "\#(id)", "message_status": "accepted"}]}
            """#)
    }

    static func error(_ status: Int, code: Int, _ message: String = "Meta's words") -> HTTPResponse {
        answer(
            status,
            #"{"error": {"message": "\#(message)", "type": "OAuthException", "code": \#(code), "#
                + #""error_data": {"messaging_product": "whatsapp", "details": "\#(message)"}, "#
                + #""fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam"}}"#)
    }

    static func answer(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
    }

    // MARK: Webhooks

    /// A webhook of Meta's, not signed.
    static func webhook(_ body: String) -> WebhookRequest {
        WebhookRequest(
            method: "POST", url: "https://notify.example.com/webhooks/whatsapp",
            headers: ["Content-Type": "application/json"], body: Array(body.utf8),
            receivedAt: Timestamp(seconds: 1_767_323_045))
    }

    /// One with these elements of `changes[].value`, e.g. `"statuses": […]`.
    static func webhook(value: String, field: String = "messages") -> WebhookRequest {
        webhook(
            #"""
            {"object": "whatsapp_business_account", "entry": [{"id": "264937493375603", "changes": [{"value":
            {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "15550953877",
            "phone_number_id": "277321005464405"}, \#(value)}, "field": "\#(field)"}]}]}
            """#)
    }

    static func webhook(statuses: String...) -> WebhookRequest {
        webhook(value: #""statuses": [\#(statuses.joined(separator: ", "))]"#)
    }

    static func webhook(messages: String...) -> WebhookRequest {
        webhook(
            value: #""contacts": [{"profile": {"name": "Ada"}, "wa_id": "15551230001"}], "#
                + #""messages": [\#(messages.joined(separator: ", "))]"#)
    }

    /// One element of `statuses`; `more` begins with a comma.
    static func status(_ word: String, id: String = messageID, more: String = "") -> String {
        #"""
        {"id": "\#(id)", "status": "\#(word)", "timestamp": "1767323000", "recipient_id": "15551230001",
        "pricing": {"billable": true, "pricing_model": "PMP", "category": "utility"}\#(more)}
        """#
    }
}
