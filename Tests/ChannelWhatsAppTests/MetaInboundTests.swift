import ChannelSDK
import ChannelTesting
import ChannelWhatsApp
import Testing

/// What people send to us through Meta.
@Suite struct MetaInboundTests {
    private let kit: ChannelTestKit<WhatsAppChannel>
    private let id = MetaAccount.messageID

    init() throws { kit = try MetaAccount.kit() }

    private func message(_ fields: String) -> WebhookRequest {
        MetaAccount.webhook(
            messages: #"{"from": "15551230001", "id": "\#(id)", "timestamp": "1767323000", \#(fields)}"#)
    }

    private func inbound(
        _ body: String, media: [String] = [], from sender: String = "+15551230001", intent: InboundMessage.Intent? = nil
    ) -> WebhookContents {
        WebhookContents(inbound: [
            InboundMessage(
                providerMessageID: id, sender: sender, recipient: "+15550953877", body: body,
                media: media.map { "https://graph.facebook.com/v25.0/\($0)" },
                occurredAt: Timestamp(seconds: 1_767_323_000), intent: intent)
        ])
    }

    @Test func everyTypeOfMessage() {
        let types: [(String, String, WebhookContents)] = [
            ("text", #""type": "text", "text": {"body": "STOP é🎉"}"#, inbound("STOP é🎉")),
            ("keyword", #""type": "text", "text": {"body": "Stop."}"#, inbound("Stop.", intent: .optOut)),
            ("quick reply", #""type": "button", "button": {"payload": "p", "text": "No"}"#, inbound("No")),
            (
                "button",
                #""type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Yes"}}"#,
                inbound("Yes")
            ),
            (
                "list",
                #""type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Two"}}"#,
                inbound("Two")
            ),
            (
                "flow",
                #""type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "name": "flow"}}"#,
                inbound("Sent")
            ),
            ("reaction", #""type": "reaction", "reaction": {"message_id": "wamid.A", "emoji": "👍"}"#, inbound("👍")),
            (
                "location", #""type": "location", "location": {"latitude": 52.25, "longitude": -21.5}"#,
                inbound("52.25,-21.5")
            ),
            (
                "system", #""type": "system", "system": {"body": "Ada changed her number"}"#,
                inbound("Ada changed her number")
            ),
            (
                "picture",
                #""type": "image", "image": {"id": "1003383421387256", "mime_type": "image/jpeg", "caption": "Look"}"#,
                inbound("Look", media: ["1003383421387256"])
            ),
            ("voice", #""type": "audio", "audio": {"id": "9", "voice": true}"#, inbound("", media: ["9"])),
            ("sticker", #""type": "sticker", "sticker": {"id": "9"}"#, inbound("", media: ["9"])),
            ("video", #""type": "video", "video": {"id": "9"}"#, inbound("", media: ["9"])),
            (
                "document", #""type": "document", "document": {"id": "../9?x", "filename": "a.pdf"}"#,
                inbound("", media: ["..%2F9%3Fx"])
            ),
            ("unsupported", #""type": "unsupported", "errors": [{"code": 131051}]"#, inbound("")),
            ("brand new", #""type": "brand_new", "brand_new": {"body": "x"}"#, inbound("")),
            ("odd", #""type": "text", "text": "x", "image": 7, "reaction": []"#, inbound("")),
        ]
        kit.check(webhooks: types.map { WebhookCase($0, message($1), says: $2) })
    }

    /// The answer must be known to be its recipient's, so numbers are written as they are sent to.
    @Test func whoWrote() {
        let text = #""id": "\#(id)", "timestamp": "1767323000", "text": {"body": "Hi"}"#
        kit.check(webhooks: [
            WebhookCase(
                "a user without a number",
                MetaAccount.webhook(messages: #"{"from_user_id": "US.13491208655302741918", \#(text)}"#),
                says: inbound("Hi", from: "US.13491208655302741918")),
            WebhookCase(
                "both", MetaAccount.webhook(messages: #"{"from": "447911", "from_user_id": "GB.1", \#(text)}"#),
                says: inbound("Hi", from: "+447911")),
            WebhookCase(refusing: "nobody", MetaAccount.webhook(messages: "{\(text)}")),
            WebhookCase(
                refusing: "no id", MetaAccount.webhook(messages: #"{"from": "447911", "text": {"body": "Hi"}}"#)),
        ])
    }

    @Test(arguments: [
        (#"{"display_phone_number": "+1 555-095-3877", "phone_number_id": "277"}"#, "+15550953877"),
        (#"{"phone_number_id": "277"}"#, "277"), ("7", ""), ("{}", ""),
    ])
    func whomTheyWroteTo(metadata: String, recipient: String) throws {
        let body =
            #"{"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": {"#
            + #""metadata": \#(metadata), "messages": [{"from": "447911", "id": "x", "text": {"body": "Hi"}}]}}]}]}"#
        let contents = try kit.channel.webhooks.parse(MetaAccount.webhook(body))
        #expect(contents.inbound.map(\.recipient) == [recipient])
    }

    @Test func messagesAndStatusesTogether() throws {
        let request = MetaAccount.webhook(
            value: #""statuses": [\#(MetaAccount.status("read"))], "#
                + #""messages": [{"from": "1", "id": "a"}, {"from": "2", "id": "b"}]"#)
        let contents = try kit.channel.webhooks.parse(request)
        #expect(contents.reports.map(\.kind) == [.status("read")])
        #expect(contents.inbound.map(\.providerMessageID) == ["a", "b"])
    }

    @Test func mediaAreWhereTheAPIIs() throws {
        let elsewhere = try MetaAccount.kit([
            "base_url": .string("http://127.0.0.1:4010/"), "api_version": .string("v26.0"),
        ])
        let contents = try elsewhere.channel.webhooks.parse(message(#""image": {"id": "9"}"#))
        #expect(contents.inbound.first?.media == ["http://127.0.0.1:4010/v26.0/9"])
    }
}
