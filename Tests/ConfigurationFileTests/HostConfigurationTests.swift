import ChannelSDK
import ConfigurationFile
import Testing

@Suite struct HostConfigurationTests {
    static func good(_ file: String) throws -> HostConfiguration {
        try #require(CorpusTests.load("good", file).configuration)
    }

    @Test func `every host key is read into its property`() throws {
        let configuration = try Self.good("every-key.yaml")
        var server = ServerConfiguration()
        server.host = "0.0.0.0"
        server.port = 8080
        server.publicURL = "https://notify.example.com"
        server.maxBody = 512 << 10
        server.shutdownGrace = .seconds(5)
        server.drain = .seconds(5)
        server.trustedProxies = ["10.0.0.0/8", "fd00::/8", "192.0.2.1"].map { IPNetwork($0)! }
        server.proxyHeader = .forwarded
        #expect(configuration.server == server)
        #expect(configuration.storage.path == "/var/lib/switchboard/switchboard.db")
        #expect(configuration.log.level == .debug)
        #expect(configuration.log.format == .json)
        #expect(configuration.limits.projectionLag == 1_000_000)
        #expect(configuration.limits.batchItems == 5000)
        #expect((configuration.limits.eventStreams, configuration.limits.connections) == (10, 99))
        #expect((configuration.limits.eventStreamsPerAccount, configuration.limits.bodyMemory) == (4, 64 << 20))
        #expect((configuration.limits.headTime, configuration.limits.bodyTime) == (.seconds(5), .seconds(60)))
        #expect(configuration.limits.idleTime == .seconds(9))
        #expect(configuration.retention.notifications == .seconds(7 * 86_400))
        #expect(configuration.webhooks.secret?.revealed == TestModules.environment["GOOD_WEBHOOK_SECRET"])
    }

    @Test func `limits of the API are read for each caller`() throws {
        func rate(_ permits: Int, _ seconds: Int) -> RateLimit { RateLimit(permits: permits, per: .seconds(seconds)) }
        let limits = try Self.good("every-key.yaml").apiLimits
        #expect(limits.anonymous == [rate(5, 1)])
        #expect(limits.users == [rate(10, 1), rate(100, 60)])
        #expect(limits.apiKeys == [rate(1000, 1)])
        #expect(limits.roles == ["admin": [], "sender": [rate(20, 1)]])
        #expect(limits.keys == ["sb_0123456789": [], "sb_abcdefghij": [rate(2, 1), rate(9, 60)]])
        #expect(
            limits.routes == [
                "auth": [rate(1, 1), rate(10, 60)], "health": [], "webhooks": [rate(500, 1)],
                "unsubscribe": [rate(50, 1)], "POST /notifications/batch": [rate(2, 1)],
            ])
    }

    @Test func `only a host with accounts limits by default`() throws {
        let open = try Self.good("minimal.yaml").apiLimits
        #expect(open == APILimitsConfiguration(isOpen: true))
        #expect(open.anonymous.isEmpty && open.users.isEmpty && open.apiKeys.isEmpty && open.routes.isEmpty)
        let closed = APILimitsConfiguration(isOpen: false)
        #expect(closed.anonymous.map(\.permits) == [3, 20, 100] && closed.users == closed.anonymous)
        #expect(closed.apiKeys.isEmpty && Set(closed.routes.keys) == ["webhooks", "health", "unsubscribe"])
    }

    @Test func `every auth key is read into its property`() throws {
        let auth = try #require(try Self.good("every-key.yaml").auth)
        #expect(auth.secret.revealed == TestModules.environment["JWT_SECRET"])
        #expect(auth.previousSecret?.revealed == TestModules.environment["JWT_PREVIOUS_SECRET"])
        #expect(auth.lifetime == .seconds(900))
        #expect((auth.issuer, auth.audience) == ("https://notify.example.com", "notifications"))
        #expect((auth.registration, auth.registrationRole) == (.open, .viewer))
        let least = try #require(try Self.good("warnings.yaml").auth)
        #expect((least.previousSecret, least.lifetime) == (nil, .seconds(3600)))
        #expect((least.registration, least.registrationRole) == (.closed, .sender))
    }

    @Test(arguments: ["127.0.0.1", "127.9.8.7", "localhost", "::1"])
    func `a host without auth listens on loopback`(_ host: String) {
        let text = "server: { host: \"\(host)\" }\n\(TestModules.channels)"
        #expect(TestModules.loader().load(bytes: Array(text.utf8), file: "x.yaml").diagnostics.isEmpty)
    }

    @Test(arguments: ["0.0.0.0", "::", "10.0.0.1", "127.0.0", "127.0.0.256", "127.0.0.1.example.com", "128.0.0.1"])
    func `a host without auth listens nowhere else`(_ host: String) {
        let text = "server: { host: \"\(host)\" }\n\(TestModules.channels)"
        #expect(TestModules.loader().load(bytes: Array(text.utf8), file: "x.yaml").hasErrors)
    }

    @Test func `notifications can be kept for ever`() throws {
        #expect(try Self.good("keeps-everything.yaml").retention.notifications == nil)
    }

    @Test func `every key of a callback is read into its property`() throws {
        let callbacks = try Self.good("every-key.yaml").callbacks
        #expect(callbacks.map(\.name) == ["orders", "audit"])
        let orders = try #require(callbacks.first)
        #expect(orders.accounts == ["acme", "default"] && orders.channels == ["sms"])
        #expect(orders.statuses == ["delivered", "rejected"] && orders.settledOnly)
        #expect(orders.giveUpAfter == .seconds(12 * 3600))
        let instance = orders.instance
        #expect(instance.name == "callback:orders" && instance.module == "callback" && instance.uncertain == .resend)
        #expect(instance.concurrency == 4 && instance.timeout == .seconds(5))
        #expect(instance.rateLimits == [RateLimit(permits: 20, per: .seconds(1))])
        #expect(instance.retry.attempts == 50 && instance.retry.max == .seconds(600))
        #expect(instance.breaker.minimum == 10 && instance.breaker.openFor == .seconds(30))
        let settings = instance.configuration
        #expect(settings.string("url") == "https://orders.example.com/hooks/switchboard?tenant=7")
        #expect(settings.secret("secret")?.revealed.split(separator: " ").count == 2)
        #expect(settings.list("allow_networks") == ["10.20.0.0/16", "fd00::/8"])
    }

    @Test func `a callback's defaults outlast an outage of its receiver`() throws {
        let audit = try #require(try Self.good("every-key.yaml").callbacks.last)
        #expect(audit.accounts.isEmpty && audit.channels.isEmpty && audit.statuses.isEmpty && !audit.settledOnly)
        #expect(audit.giveUpAfter == .seconds(72 * 3600))
        #expect(audit.instance.retry.attempts == 100 && audit.instance.retry.base == .seconds(5))
        #expect(audit.instance.retry.max == .seconds(3600))
    }

    @Test func `every channel key is read into its property`() throws {
        let sms = try #require(try Self.good("every-key.yaml").channel(named: "sms"))
        #expect(sms.module == "sms")
        #expect(sms.provider == "twilio")
        #expect(sms.concurrency == 128)
        #expect(sms.timeout == .milliseconds(1500))
        #expect(
            sms.rateLimits == [
                RateLimit(permits: 80, per: .seconds(1)), RateLimit(permits: 1000, per: .seconds(60)),
                RateLimit(permits: 20, per: .seconds(10)),
            ])
        #expect((sms.retry.attempts, sms.retry.base, sms.retry.max) == (3, .seconds(2), .seconds(3600)))
        #expect((sms.breaker.failureRatio, sms.breaker.minimum) == (0.25, 5))
        #expect((sms.breaker.window, sms.breaker.openFor) == (.seconds(60), .seconds(2)))
        #expect(sms.uncertain == .hold)
        #expect((sms.settleAfter, sms.parkedFor) == (.seconds(7 * 86_400), .seconds(7200)))
    }

    @Test func `settings have the types that the module declares`() throws {
        let settings = try #require(try Self.good("every-key.yaml").channel(named: "sms")).configuration
        #expect(settings.string("account_sid") == "AC1")
        #expect(settings.secret("auth_token")?.revealed == "CANARY-auth-token")
        #expect(settings.string("auth_token") == nil)
        #expect(settings.string("from") == "+15550100")
        #expect(settings.string("base_url") == "http://127.0.0.1:4010")
        #expect(settings.boolean("validate") == false)
        #expect(settings.integer("segments") == 3)
        #expect(settings.duration("validity") == .seconds(4 * 3600))
        #expect(settings.list("media_types") == ["image/png", "image/jpeg"])
        #expect(settings.string("encoding") == "smart")
        #expect(settings.string("note") == "NO")
        #expect(settings.boolean("smart_encoding") == nil)
    }

    @Test func `defaults are filled in`() throws {
        let configuration = try Self.good("minimal.yaml")
        #expect(configuration.server == ServerConfiguration())
        #expect(configuration.server.publicURL == "http://127.0.0.1:3000")
        #expect(configuration.storage.path == "data/switchboard.db")
        #expect(configuration.limits == LimitsConfiguration())
        #expect(configuration.retention.notifications == .seconds(90 * 86_400))
        #expect(configuration.webhooks.secret == nil)
        #expect(configuration.routes.isEmpty)
        let sms = try #require(configuration.channel(named: "sms"))
        let standard = ChannelInstance(name: "sms", module: "sms", configuration: sms.configuration)
        #expect((sms.concurrency, sms.timeout, sms.rateLimits) == (64, .seconds(10), []))
        #expect((sms.retry, sms.breaker, sms.uncertain) == (standard.retry, standard.breaker, .awaitCallback))
        #expect((sms.settleAfter, sms.parkedFor) == (.seconds(72 * 3600), .seconds(24 * 3600)))
        #expect(sms.configuration.string("base_url") == "https://api.twilio.com")
        #expect(sms.configuration.boolean("validate") == true)
        #expect(sms.configuration.list("media_types") == ["image/png"])
    }

    @Test func `rules keep their order and conditions`() throws {
        let routes = try Self.good("every-key.yaml").routes
        #expect(
            routes == [
                Route(
                    name: "default",
                    rules: [
                        .init(
                            condition: .init(tags: ["otp", "login"], countries: ["+48"]), channels: ["sms", "mail"]),
                        .init(condition: .init(domains: ["example.com", "example.org"]), channels: ["mail"]),
                        .init(channels: ["sms"]),
                    ])
            ])
    }

    @Test func `references are put in, and never read as YAML`() throws {
        let configuration = try Self.good("references.yaml")
        #expect((configuration.server.host, configuration.server.port) == ("127.0.0.1", 4000))
        #expect(configuration.storage.path == "data/${literal}/$HOME.db")
        let settings = try #require(configuration.channel(named: "sms")).configuration
        #expect(settings.string("account_sid") == "AC-from-file")
        #expect(settings.secret("auth_token")?.revealed == "Bearer CANARY-auth-token")
        #expect(settings.string("from") == nil, "an empty variable is a setting that was not given")
        #expect(settings.string("note") == TestModules.environment["VALUE_LIKE_YAML"])
    }

    @Test func `aliases stand for the whole value`() throws {
        let channels = try Self.good("aliases.yaml").channels
        #expect(channels.map(\.name) == ["sms_a", "sms_b", "sms_c"])
        #expect(channels.allSatisfy { $0.retry.attempts == 2 })
        #expect(channels.allSatisfy { $0.configuration.secret("auth_token") == Secret("CANARY-auth-token") })
    }
}
