import ChannelEmail
import ChannelSDK
import ChannelTesting
import Testing

/// `List-Unsubscribe` with an address of the host's own, by every provider.
@Suite struct UnsubscribeTests {
    private static let links = UnsubscribeLinks(
        list: "email", publicURL: "https://notify.example.com",
        keys: UnsubscribeKeys(Secret("a secret of tests, long enough for anybody")))
    private static let url = links.url(for: "ada@example.com")

    /// The whole request or mail, as text.
    private static func sent(
        _ provider: String, _ options: [String: String], _ settings: [String: SettingValue?] = [:],
        links: UnsubscribeLinks? = links
    ) throws -> String {
        let kit = try Accounts.kit(provider, settings, unsubscribeLinks: links)
        var content = Accounts.content
        content.options = options
        #expect(kit.channel.validate(content) == [])
        let message = kit.message(content)
        if let client = kit.channel.delivery as? any SMTPDeliveryClient {
            return String(decoding: try client.submission(for: message).message, as: UTF8.self)
        }
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let body = try client.request(for: message).body
        // Mailgun's is a form.
        return provider == "mailgun"
            ? FormEncoding.decode(body).map { "\($0.name): \($0.value)" }.joined(separator: "\n")
            : String(decoding: body, as: UTF8.self)
    }

    private static func says(_ text: String, _ url: String) -> Bool {
        text.contains("List-Unsubscribe") && text.contains("<\(url)>")
            && text.contains("List-Unsubscribe-Post") && text.contains("List-Unsubscribe=One-Click")
    }

    private static let host: [String: SettingValue?] = ["unsubscribe": .string("host")]

    @Test(arguments: Accounts.all.keys.sorted()) func theHostsAddressIsInTheHeaders(provider: String) throws {
        #expect(Self.says(try Self.sent(provider, [:], Self.host), Self.url))
        #expect(Self.says(try Self.sent(provider, ["unsubscribe": "host"]), Self.url))
        #expect(try Self.sent(provider, [:], Self.host) == Self.sent(provider, [:], Self.host))
    }

    @Test(arguments: Accounts.all.keys.sorted()) func aMailHasTheLastWord(provider: String) throws {
        let own = ["unsubscribe_url": "https://acme.example/u?x=1"]
        #expect(Self.says(try Self.sent(provider, own, Self.host), "https://acme.example/u?x=1"))
        #expect(!(try Self.sent(provider, ["unsubscribe": "none"], Self.host).contains("List-Unsubscribe")))
        #expect(!(try Self.sent(provider, [:]).contains("List-Unsubscribe")))
        #expect(!(try Self.sent(provider, ["unsubscribe": "none"], links: nil).contains("List-Unsubscribe")))
    }

    @Test func onSMTPAnOwnAddressOfTheChannelsGivesWay() throws {
        let own: [String: SettingValue?] = ["unsubscribe_url": .string("https://acme.example/u?{delivery}")]
        #expect(try Self.sent("smtp", [:], own).contains("<https://acme.example/u?"))
        #expect(Self.says(try Self.sent("smtp", ["unsubscribe": "host"], own), Self.url))
        #expect(!(try Self.sent("smtp", ["unsubscribe": "none"], own).contains("List-Unsubscribe")))
        #expect(throws: ConfigurationProblems.self) {
            try Accounts.kit("smtp", own.merging(Self.host) { $1 }, unsubscribeLinks: Self.links)
        }
    }

    @Test(arguments: Accounts.all.keys.sorted()) func withoutASecretThereIsNoAddress(provider: String) throws {
        #expect(throws: ConfigurationProblems.self) { try Accounts.kit(provider, Self.host) }
        let kit = try Accounts.kit(provider)
        var content = Accounts.content
        content.options = ["unsubscribe": "host"]
        #expect(kit.channel.validate(content).map(\.field) == ["options.unsubscribe"])
        content.options = ["unsubscribe": "maybe"]
        #expect(kit.channel.validate(content).map(\.field) == ["options.unsubscribe"])
    }
}
