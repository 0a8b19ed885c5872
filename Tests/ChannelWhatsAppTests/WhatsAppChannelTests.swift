import ChannelSDK
import ChannelTesting
import ChannelWhatsApp
import Testing

@Suite struct WhatsAppChannelTests {
    /// The whole suite, with inputs that no table has.
    @Test func theModuleConforms() async {
        let accounts = [("meta", MetaAccount.settings()), ("twilio", TwilioAccount.settings())]
        let tables = accounts.map { ConformanceTable(provider: $0, settings: $1) }
        await expectConformance(of: ChannelModule(WhatsAppChannel.self), tables: tables)
    }

    @Test func theModuleDescribesItselfWithoutSecrets() throws {
        let kits = [try MetaAccount.kit(), try TwilioAccount.kit()]
        for kit in kits { kit.checkDescriptor() }
        #expect(WhatsAppChannel.descriptor.name == "whatsapp")
        #expect(WhatsAppChannel.descriptor.providers.map(\.name) == ["meta", "twilio"])
    }

    @Test func theStatusesObeyTheLaw() throws {
        let own = try MetaAccount.kit().order.statuses.suffix(5)
        #expect(own.map(\.name) == ["queued", "sent", "failed", "delivered", "read"])
        #expect(own.map(\.meaning) == [.progress, .progress, .failure, .goal, .goal])
        #expect(own.filter(\.isSettled).map(\.name) == ["failed", "delivered", "read"])
    }

    @Test(
        arguments: [
            (["phone_number_id": nil], ["phone_number_id"]),
            (["phone_number_id": .string("")], ["phone_number_id"]),
            (["phone_number_id": .string("+15550953877")], ["phone_number_id"]),
            (["phone_number_id": .string("٢٧٧")], ["phone_number_id"]),
            (["access_token": nil], ["access_token"]), (["access_token": .secret(Secret(""))], ["access_token"]),
            (["access_token": .secret(Secret("EAAJ\n"))], ["access_token"]),
            (["access_token": .secret(Secret("EA AJ"))], ["access_token"]),
            (["app_secret": nil], ["app_secret"]), (["app_secret": .secret(Secret(""))], ["app_secret"]),
            (["verify_token": nil], ["verify_token"]), (["verify_token": .secret(Secret(""))], ["verify_token"]),
            (["api_version": .string("25.0")], ["api_version"]), (["api_version": .string("v25")], ["api_version"]),
            (["api_version": .string("v25.0/me")], ["api_version"]), (["api_version": .string("v.")], ["api_version"]),
            (["base_url": .string("https://a.example/?x=1")], ["base_url"]),
            (["base_url": .string("https://a.example/#x")], ["base_url"]),
            (["fallback_template": .string("Notice")], ["fallback_template"]),
            (["fallback_template": .string("")], ["fallback_template"]),
            (["template_language": .string("english")], ["template_language"]),
            (["template_language": .string("en-US")], ["template_language"]),
            (["template_language": .string("en_US_x")], ["template_language"]),
            (["template_only": .boolean(true)], ["template_only"]),
            (
                ["phone_number_id": nil, "access_token": nil, "app_secret": nil, "verify_token": nil],
                ["phone_number_id", "access_token", "app_secret", "verify_token"]
            ),
        ] as [([String: SettingValue?], [String])])
    func badSettingsForMetaAreAllExplained(changes: [String: SettingValue?], settings: [String]) {
        let refusal = #expect(throws: ConfigurationProblems.self) { try MetaAccount.kit(changes) }
        #expect(refusal?.problems.map(\.setting) == settings)
        #expect(!"\(String(describing: refusal))".contains(MetaAccount.accessToken))
    }

    @Test(
        arguments: [
            ["api_version": nil, "base_url": nil, "preview_urls": nil, "template_language": nil, "template_only": nil],
            ["api_version": .string("v9.1")], ["template_language": .string("fil")],
            ["template_language": .string("zh_CN")], ["template_language": .string("es_419")],
            ["fallback_template": .string("notice_2")],
            ["fallback_template": .string("notice"), "template_only": .boolean(true)],
        ] as [[String: SettingValue?]])
    func goodSettingsForMetaAreTaken(changes: [String: SettingValue?]) throws {
        _ = try MetaAccount.kit(changes)
    }

    @Test(
        arguments: [
            (["account_sid": nil], ["account_sid"]), (["account_sid": .string("AC1")], ["account_sid"]),
            (["account_sid": .string("MG0db966d80e9f1662da09c61287f8bba1")], ["account_sid"]),
            (["auth_token": nil], ["auth_token"]), (["auth_token": .secret(Secret(""))], ["auth_token"]),
            (["from": nil], ["from"]), (["from": .string("")], ["from"]), (["from": .string("ACME")], ["from"]),
            (["from": .string("whatsapp:+14155238886")], ["from"]),
            (["messaging_service_sid": .string("MG0db966d80e9f1662da09c61287f8bba1")], ["from"]),
            (["from": nil, "messaging_service_sid": .string("MG1")], ["messaging_service_sid"]),
            (["base_url": .string("https://a.example/?x=1")], ["base_url"]),
            (["fallback_template": .string("notice")], ["fallback_template"]),
            (["template_only": .boolean(true)], ["template_only"]),
            (["account_sid": nil, "auth_token": nil, "from": nil], ["account_sid", "auth_token", "from"]),
        ] as [([String: SettingValue?], [String])])
    func badSettingsForTwilioAreAllExplained(changes: [String: SettingValue?], settings: [String]) {
        let refusal = #expect(throws: ConfigurationProblems.self) { try TwilioAccount.kit(changes) }
        #expect(refusal?.problems.map(\.setting) == settings)
        #expect(!"\(String(describing: refusal))".contains(TwilioAccount.token))
    }

    @Test(
        arguments: [
            ["base_url": nil, "template_only": nil], ["fallback_template": .string(TwilioAccount.template)],
            ["from": nil, "messaging_service_sid": .string("MG0db966d80e9f1662da09c61287f8bba1")],
        ] as [[String: SettingValue?]])
    func goodSettingsForTwilioAreTaken(changes: [String: SettingValue?]) throws {
        _ = try TwilioAccount.kit(changes)
    }
}
