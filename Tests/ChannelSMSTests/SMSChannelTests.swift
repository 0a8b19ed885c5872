import ChannelSDK
import ChannelSMS
import ChannelTesting
import Testing

@Suite struct SMSChannelTests {
    /// The whole suite, with inputs that no table has.
    @Test func theModuleConforms() async {
        let accounts = [
            ("twilio", TwilioAccount.settings()), ("plivo", PlivoAccount.settings()),
            ("vonage", VonageSMSAccount.settings()), ("vonage_messages", VonageMessagesAccount.settings()),
            ("kannel", KannelAccount.settings()),
        ]
        let tables = accounts.map { ConformanceTable(provider: $0, settings: $1) }
        await expectConformance(of: ChannelModule(SMSChannel.self), tables: tables)
    }

    @Test func theModuleDescribesItselfWithoutSecrets() throws {
        let kit = try TwilioAccount.kit()
        kit.checkDescriptor()
        #expect(SMSChannel.descriptor.name == "sms")
        #expect(
            SMSChannel.descriptor.providers.map(\.name) == ["twilio", "plivo", "vonage", "vonage_messages", "kannel"])
        #expect(kit.order.statuses.suffix(5).map(\.name) == ["queued", "sent", "failed", "undelivered", "delivered"])
        let settled = kit.order.statuses.suffix(5).filter(\.isSettled).map(\.name)
        #expect(settled == ["failed", "undelivered", "delivered"])
        #expect(kit.order.statuses.suffix(5).map(\.meaning) == [.progress, .progress, .failure, .failure, .goal])
    }

    @Test(
        arguments: [
            (["account_sid": nil], ["account_sid"]), (["account_sid": .string("AC1")], ["account_sid"]),
            (["account_sid": .string("MG0db966d80e9f1662da09c61287f8bba1")], ["account_sid"]),
            (["account_sid": .string("AC0db966d80e9f1662da09c61287f8bbax")], ["account_sid"]),
            (["auth_token": nil], ["auth_token"]), (["auth_token": .secret(Secret(""))], ["auth_token"]),
            (["from": nil], ["from"]), (["from": .string("")], ["from"]), (["from": .string("15551230000")], ["from"]),
            (["from": .string("A name that is too long")], ["from"]),
            (["messaging_service_sid": .string("MG0db966d80e9f1662da09c61287f8bba1")], ["from"]),
            (["from": nil, "messaging_service_sid": .string("MG1")], ["messaging_service_sid"]),
            (["base_url": .string("https://a.example/?x=1")], ["base_url"]),
            (["validity_period": .duration(.zero)], ["validity_period"]),
            (["validity_period": .duration(.seconds(36_001))], ["validity_period"]),
            (["account_sid": nil, "auth_token": nil, "from": nil], ["account_sid", "auth_token", "from"]),
        ] as [([String: SettingValue?], [String])])
    func badSettingsAreAllExplained(changes: [String: SettingValue?], settings: [String]) {
        let refusal = #expect(throws: ConfigurationProblems.self) { try TwilioAccount.kit(changes) }
        #expect(refusal?.problems.map(\.setting) == settings)
        #expect(!"\(String(describing: refusal))".contains(TwilioAccount.token))
    }

    @Test(
        arguments: [
            ["from": .string("12345")], ["from": .string("ACME Corp")], ["base_url": nil],
            ["validity_period": .duration(.seconds(36_000))], ["validity_period": .duration(.seconds(1))],
            ["from": nil, "messaging_service_sid": .string("MG0db966d80e9f1662da09c61287f8bba1")],
        ] as [[String: SettingValue?]])
    func goodSettingsAreTaken(changes: [String: SettingValue?]) throws {
        _ = try TwilioAccount.kit(changes)
    }

    @Test func contentIsCheckedBeforeItIsAccepted() throws {
        func content(_ to: String = "+15551230001", _ body: String = "Hi", _ options: [String: String] = [:])
            -> MessageContent
        {
            MessageContent(recipient: to, body: body, options: options)
        }
        let template = "HX0db966d80e9f1662da09c61287f8bba1"
        func text(_ count: Int, _ character: Character = "a") -> String { String(repeating: character, count: count) }
        func media(_ urls: String) -> MessageContent { content("+15551230001", "Hi", ["media_url": urls]) }
        func option(_ name: String, _ value: String) -> MessageContent { content("+15551230001", "Hi", [name: value]) }
        var cases = [
            "15551230001", "+05551230001", "+1555", "+1555123000112345", "+1 555 123", "", "+", "+٤٤٧٩١١١٢٣٤", "a@b.c",
        ].map {
            ContentCase("to '\($0)'", content($0), problemsAt: ["to"])
        }
        cases += ["+15551230001", "+4479111", "+123456789012345"].map { ContentCase("to '\($0)'", content($0)) }
        var attached = content()
        attached.attachments = [.init(name: "a.pdf", mediaType: "application/pdf", content: .bytes([1]))]
        cases += [
            ContentCase("a file", attached, problemsAt: ["attachments"]),
            ContentCase("no body", content("+15551230001", ""), problemsAt: ["body"]),
            ContentCase("1600 characters", content("+15551230001", text(1600))),
            ContentCase("1601 characters", content("+15551230001", text(1601)), problemsAt: ["body"]),
            ContentCase("1600 characters of 4 bytes", content("+15551230001", text(1600, "🎉"))),
            ContentCase("1601 of them", content("+15551230001", text(1601, "🎉")), problemsAt: ["body"]),
            ContentCase("media for a body", content("+15551230001", "", ["media_url": "https://a.example/1.png"])),
            ContentCase("template for a body", content("+15551230001", "", ["content_sid": template])),
            ContentCase("10 media", media(text(10, "x").map { "https://a.example/\($0)" }.joined(separator: " "))),
            ContentCase(
                "11 media", media(text(11, "x").map { "http://a/\($0)" }.joined(separator: " ")),
                problemsAt: ["options.media_url"]),
            ContentCase("no media", media("  "), problemsAt: ["options.media_url"]),
            ContentCase(
                "odd media", media("ftp://a https://"), problemsAt: ["options.media_url", "options.media_url"]),
            ContentCase("sender", option("from", "ACME")),
            ContentCase("long sender", option("from", "ACME Corporation"), problemsAt: ["options.from"]),
            ContentCase("template", option("content_sid", "HX1"), problemsAt: ["options.content_sid"]),
            ContentCase(
                "variables alone", option("content_variables", "{}"), problemsAt: ["options.content_variables"]),
            ContentCase(
                "variables", content("+15551230001", "", ["content_sid": template, "content_variables": #"{"1":"a"}"#])),
            ContentCase(
                "variables that are no object of strings",
                content("+15551230001", "", ["content_sid": template, "content_variables": #"{"1":1}"#]),
                problemsAt: ["options.content_variables"]),
            ContentCase("options of other channels", option("template_name", "x")),
            ContentCase(
                "everything at once", content("x", "", ["from": "?"]), problemsAt: ["to", "body", "options.from"]),
        ]
        try TwilioAccount.kit().check(contents: cases)
    }
}
