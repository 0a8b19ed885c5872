import ChannelSDK
import ChannelTesting
import ChannelWhatsApp
import Testing

/// JSON nested to any depth, broken off there: wherever JSON comes from outside, it must not end the process.
@Suite struct DeepJSONTests {
    private static let depths = Array(1...70) + Array(500...530) + [1000, 100_000]

    private func texts(_ depth: Int) -> [String] {
        let nested = String(repeating: "[", count: depth)
        return [
            nested, String(repeating: #"{"a":"#, count: depth), #"{"error":\#(nested)"#, #"{"entry":\#(nested)"#,
            #"{"error":"\"\u005b","entry":\#(nested)"#, nested + String(repeating: "]", count: depth),
        ]
    }

    @Test func answersAndWebhooks() throws {
        for kit in [try MetaAccount.kit(), try TwilioAccount.kit()] {
            let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
            let message = kit.message(MessageContent(recipient: "+15551230001", body: "Hi"))
            for text in Self.depths.flatMap(texts) {
                let outcome = client.outcome(of: MetaAccount.answer(503, text), for: message)
                guard case .retry = outcome else {
                    Issue.record("\(outcome): \(text.prefix(40))… of \(text.utf8.count)")
                    continue
                }
                #expect(throws: WebhookRefusal.self) { try kit.channel.webhooks.parse(MetaAccount.webhook(text)) }
            }
        }
    }

    @Test func variables() throws {
        let kits = [
            (try MetaAccount.kit(), ["template_name": "notice"], "template_variables"),
            (try TwilioAccount.kit(), ["content_sid": TwilioAccount.template], "content_variables"),
        ]
        for (kit, template, name) in kits {
            for text in Self.depths.flatMap(texts) {
                var content = MessageContent(recipient: "+15551230001", body: "", options: template)
                content.options[name] = text
                #expect(kit.channel.validate(content).map(\.field) == ["options.\(name)"])
            }
        }
    }

    /// A bracket in a text is no depth, nor is a list beside a list.
    @Test func whatIsNotDeep() throws {
        let kit = try MetaAccount.kit()
        let brackets = String(repeating: "[", count: 600) + #"\"{\\"#
        let contents = try kit.channel.webhooks.parse(
            MetaAccount.webhook(messages: #"{"from": "1", "id": "x", "text": {"body": "\#(brackets)"}}"#))
        #expect(contents.inbound.map(\.body) == [String(repeating: "[", count: 600) + #""{\"#])
    }

    /// The decoder would take these for UTF-16 or UTF-32.
    @Test func otherEncodings() throws {
        let kit = try MetaAccount.kit()
        let nested = Array(repeating: UInt8(ascii: "["), count: 513)
        let bodies: [[UInt8]] = [
            nested.flatMap { [$0, 0] }, nested.flatMap { [0, $0] }, [0xFF, 0xFE] + nested.flatMap { [$0, 0] },
            [0xFE, 0xFF] + nested.flatMap { [0, $0] }, nested.flatMap { [$0, 0, 0, 0] },
            [0xEF, 0xBB, 0xBF] + nested,
        ]
        for body in bodies {
            let bare = MetaAccount.webhook("")
            let request = WebhookRequest(
                method: bare.method, url: bare.url, headers: bare.headers, body: body, receivedAt: bare.receivedAt)
            #expect(throws: WebhookRefusal.self) { try kit.channel.webhooks.parse(request) }
        }
    }
}
