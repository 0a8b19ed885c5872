import ChannelSDK
import Testing

@testable import Pipeline

@Suite struct RoutingTableTests {
    private let table = RoutingTable(
        channels: ["sms", "mail", "voice", "pigeon"],
        routes: [
            "alerts": [
                .init(tags: ["night", "quiet"], channels: ["mail"]),
                .init(prefixes: ["+48", "+1"], channels: ["sms", "voice"]),
                .init(domains: ["example.com"], channels: ["mail"]),
                .init(tags: ["vip"], prefixes: ["+44"], channels: ["voice"]),
            ],
            "all": [.init(channels: ["pigeon"])], "none": [],
        ])

    @Test(
        arguments: [
            ("+48600100200", [], ["sms", "voice"]), ("+15550100", ["x", "quiet"], ["mail"]),
            ("+44207", ["vip"], ["voice"]), ("+44207", [], nil), ("a@Example.COM", [], ["mail"]),
            ("a@sub.example.com", [], nil), ("example.com", [], nil), ("a@b@example.com", [], ["mail"]),
        ] as [(String, [String], [String]?)])
    func theFirstRuleThatMatchesChooses(recipient: String, tags: [String], channels: [String]?) {
        let content = MessageContent(recipient: recipient, body: "", tags: tags)
        #expect(table.steps(route: "alerts", content: content) == channels)
    }

    @Test func aRuleWithoutConditionsAlwaysMatches() {
        #expect(table.steps(route: "all", content: MessageContent(recipient: "x", body: "")) == ["pigeon"])
        #expect(table.steps(route: "none", content: MessageContent(recipient: "x", body: "")) == nil)
        #expect(table.steps(route: "unknown", content: MessageContent(recipient: "x", body: "")) == nil)
    }
}
