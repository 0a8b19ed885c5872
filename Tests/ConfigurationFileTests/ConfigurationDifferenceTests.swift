import Testing

@testable import ConfigurationFile

@Suite struct ConfigurationDifferenceTests {
    private static let file = """
        server: { port: 3000 }
        channels:
          sms:
            module: sms
            provider: vonage
            rate_limit: [5/s]
            settings: { api_key: key, api_secret: "${AUTH_TOKEN}" }
          mail:
            module: email
            settings: { host: mail.example.com }
        routes:
          alerts:
            - channels: [sms, mail]
        """

    private static func load(_ text: String, token: String = "CANARY-one") -> LoadedConfiguration {
        ConfigurationLoader(modules: TestModules.all, environment: ["AUTH_TOKEN": token])
            .load(bytes: Array(text.utf8), file: "channels.yaml")
    }

    private static let changes: [(what: String, with: String, lines: [String])] = [
        ("5/s", "5/s", []),
        ("[5/s]", "[6/s]", ["channels.sms.rate_limit[0]: 5/s → 6/s"]),
        ("[5/s]", "[5/s, 90/m]", ["channels.sms.rate_limit[1]: added: 90/m"]),
        (
            "host: mail.example.com", "host: mx.example.com, password: \"${AUTH_TOKEN}\"",
            [
                "channels.mail.settings.host: mail.example.com → mx.example.com",
                "channels.mail.settings.password: added",
            ]
        ),
        (
            "    provider: vonage\n", "    provider: vonage\n    concurrency: 9\n",
            ["channels.sms.concurrency: added: 9"]
        ),
        ("    rate_limit: [5/s]\n", "", ["channels.sms.rate_limit[0]: removed; it was 5/s"]),
        (
            "api_secret: \"${AUTH_TOKEN}\"", "api_secret: \"x${AUTH_TOKEN}\"",
            ["channels.sms.settings.api_secret: changed"]
        ),
        (
            "    rate_limit: [5/s]\n", "    removal: drain\n",
            ["channels.sms.rate_limit[0]: removed; it was 5/s", "channels.sms.removal: added: drain"]
        ),
        ("  alerts:\n", "  alarms:\n", ["routes.alarms: added", "routes.alerts: removed"]),
        ("  mail:\n", "  post:\n", ["channels.mail: removed", "channels.post: added"]),
        ("port: 3000", "port: 3001", ["server.port: 3000 → 3001"]),
    ]

    @Test(arguments: changes)
    func `it says what has changed, key by key`(what: String, with: String, lines: [String]) {
        #expect(Self.file.contains(what))
        let after = Self.load(Self.file.replacing(what, with: with))
        let difference = ConfigurationDifference(from: Self.load(Self.file).values, to: after.values)
        #expect(difference.changes.map(\.description) == lines)
        #expect(!difference.changes.description.contains("CANARY"))
    }

    @Test func `another value of the same variable is a change that shows nothing`() {
        let (before, after) = (Self.load(Self.file), Self.load(Self.file, token: "CANARY-two"))
        let difference = ConfigurationDifference(from: before.values, to: after.values)
        #expect(difference.changes.map(\.description) == ["channels.sms.settings.api_secret: changed"])
        #expect(difference.names(under: "channels") == ["sms"])
        #expect(!"\(after.values)".contains("CANARY"))
    }

    private static let paths: [(path: String, needsRestart: Bool)] = [
        ("server.port", true), ("auth.secret", true), ("storage.path", true), ("kafka.brokers[0]", true),
        ("postgres.url", true), ("redis.url", true), ("plugins[0].path", true), ("retention.notifications", true),
        ("log.format", true), ("limits.connections", true), ("log.level", false), ("limits.batch_items", false),
        ("channels.sms.concurrency", false), ("routes.a[0].channels[0]", false), ("modules.x.version", false),
        ("api_limits.users[0]", false), ("webhooks.secret", false), ("templates.folder", false),
    ]

    @Test(arguments: paths)
    func `what is opened or built at the start needs a restart`(path: String, needsRestart: Bool) {
        let value = ConfigurationValues.Value(text: "x", isHidden: false)
        let difference = ConfigurationDifference(
            from: ConfigurationValues(), to: ConfigurationValues([path: value]))
        #expect(difference.changes.count == 1)
        #expect(difference.fixed.isEmpty == !needsRestart)
    }

    @Test func `a channel that is taken out of service is in no route`() {
        let text = Self.file.replacing("    provider: vonage\n", with: "    provider: vonage\n    removal: hold\n")
        let report = Self.load(text).report
        #expect(report.contains("error: routes.alerts[0].channels names 'sms', which takes nothing new"), "\(report)")
        let free = Self.load(text.replacing("[sms, mail]", with: "[mail]"))
        #expect(free.configuration?.channel(named: "sms")?.removal == .hold)
    }
}
