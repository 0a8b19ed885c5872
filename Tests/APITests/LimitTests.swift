import Accounts
import ChannelSDK
import ConfigurationFile
import Foundation
import HTTPTypes
import HummingbirdTesting
import InProcess
import NIOCore
import Pipeline
import PrometheusMetrics
import Testing

@testable import API
/// Limits as callers meet them, over real connections.
@Suite(.timeLimit(.minutes(10))) struct LimitTests {
    private static func run(
        _ limits: RequestLimits, proxies: TrustedProxies = TrustedProxies(), clock: HeldClock = HeldClock(),
        _ body: @escaping @Sendable (LiveAPI) async throws -> Void
    ) async throws {
        try await LiveAPI.run(
            limiter: RequestLimiter(limits, clock: clock), proxies: proxies, test: .live, body)
    }

    private static var standard: RequestLimits {
        var limits = RequestLimits()
        limits.anonymous = RequestLimits.standard
        return limits
    }

    private static func send(
        _ api: LiveAPI, _ path: String = "/notifications/x", _ method: HTTPTypes.HTTPRequest.Method = .get,
        _ headers: HTTPFields = [:], body: String? = nil
    ) async throws -> TestResponse {
        try await api.client.execute(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
    }

    private static func field(_ name: String, _ response: TestResponse) -> String? {
        response.headers[HTTPField.Name(name)!]
    }

    @Test func refusalsAreCountedByTheirRoutes() async throws {
        let registry = PrometheusRegistry(MetricDefinition.all)
        try await LiveAPI.run(
            metrics: APIMetrics(factory: registry), limiter: RequestLimiter(Self.standard, clock: HeldClock()),
            test: .live
        ) { (api) async throws in
            for _ in 0..<5 { _ = try await Self.send(api) }
            _ = try await Self.send(api, "/nothing-such")
        }
        let text = String(decoding: registry.text(with: []), as: UTF8.self)
        for (routes, count) in [("notifications", 2), ("other", 1), ("webhooks", 0)] {
            let line = "switchboard_http_limited_requests_total{routes=\"\(routes)\"} \(count)\n"
            #expect(text.contains(line), "\(text)")
        }
    }

    @Test func headersAndRefusal() async throws {
        let clock = HeldClock()
        try await Self.run(Self.standard, clock: clock) { api in
            for left in ["2", "1", "0"] {
                let response = try await Self.send(api)
                #expect(response.status == .notFound)
                #expect(Self.field("RateLimit-Limit", response) == "3")
                #expect(Self.field("RateLimit-Remaining", response) == left)
                #expect(Self.field("RateLimit-Reset", response) == "1")
                #expect(Self.field("RateLimit-Policy", response) == "3;w=1, 20;w=10, 100;w=60")
                #expect(Self.field("Retry-After", response) == nil)
            }
            let refused = try await Self.send(api)
            #expect(refused.status == .tooManyRequests)
            #expect(Self.field("Content-Type", refused) == "application/problem+json")
            #expect(Self.field("Retry-After", refused) == "1")
            #expect(Self.field("RateLimit-Remaining", refused) == "0")
            #expect(refused.json["status"] as? Int == 429)
            clock.pass(.seconds(1))
            #expect(try await Self.send(api).status == .notFound)
        }
    }

    /// A batch is one request; what is refused is not accepted.
    @Test func aBatchIsOneRequest() async throws {
        try await Self.run(Self.standard) { api in
            let item = #"{"to":"+15551230001","channel":"sms","body":"Hi"}"#
            let batch = "[" + Array(repeating: item, count: 500).joined(separator: ",") + "]"
            let json: HTTPFields = [.contentType: "application/json"]
            for _ in 0..<3 {
                let response = try await Self.send(api, "/notifications/batch", .post, json, body: batch)
                #expect(response.status == .ok || response.status == .accepted)
                #expect(Self.field("RateLimit-Limit", response) == "3")
            }
            #expect(
                try await Self.send(api, "/notifications/batch", .post, json, body: batch).status == .tooManyRequests)
            #expect(try await Self.send(api, "/notifications", .post, json, body: item).status == .tooManyRequests)
        }
    }

    /// What does not exist, and addresses written in another way, count as well.
    @Test(arguments: ["/nothing", "/notifications/x?y=z", "//notifications//x", "/%6Eotifications", "/events/x"])
    func everyAddressCounts(path: String) async throws {
        try await Self.run(Self.standard) { (api) async throws in
            for _ in 0..<3 { #expect(try await Self.send(api, path).status != .tooManyRequests) }
            #expect(try await Self.send(api, path).status == .tooManyRequests)
        }
    }

    @Test func healthAndWebhooksHaveTheirOwn() async throws {
        var limits = Self.standard
        limits.groups = [
            .webhooks: [RateLimit(permits: 5, per: .seconds(60))], .health: [RateLimit(permits: 4, per: .seconds(60))],
        ]
        try await Self.run(limits) { [limits] api in
            for (path, group) in [("/webhooks/nobody", RouteGroup.webhooks), ("/health/liveness", .health)] {
                let permits = limits.groups[group]![0].permits
                for left in (0..<permits).reversed() {
                    let response = try await Self.send(api, path)
                    #expect(response.status != .tooManyRequests)
                    #expect(Self.field("RateLimit-Remaining", response) == "\(left)")
                    #expect(Self.field("RateLimit-Policy", response) == "\(permits);w=60")
                }
                #expect(try await Self.send(api, path).status == .tooManyRequests)
            }
            // The caller's own are untouched.
            #expect(Self.field("RateLimit-Remaining", try await Self.send(api)) == "2")
        }
    }

    /// An address's own limit holds besides the group's and the caller's, and for no other method or address.
    @Test func anAddressCanHaveItsOwn() async throws {
        var limits = RequestLimits()
        limits.anonymous = [RateLimit(permits: 8, per: .seconds(60))]
        limits.groups = [.notifications: [RateLimit(permits: 7, per: .seconds(60))]]
        limits.routes = [
            "POST /notifications/batch": [RateLimit(permits: 1, per: .seconds(60))],
            "GET /notifications/{id}": [RateLimit(permits: 2, per: .seconds(60))],
        ]
        try await Self.run(limits) { api in
            let json: HTTPFields = [.contentType: "application/json"]
            for (method, path, status) in [
                (HTTPTypes.HTTPRequest.Method.post, "/notifications/batch", 422), (.post, "/notifications/batch", 429),
                (.get, "/notifications/a", 404), (.head, "/notifications/b", 404), (.get, "/notifications/c", 429),
                (.delete, "/notifications/c", 404), (.post, "/notifications", 422), (.get, "/notifications", 200),
                (.get, "/notifications", 200), (.get, "/notifications", 429), (.get, "/opt-outs", 200),
                (.get, "/opt-outs", 429),
            ] {
                let body = path == "/notifications/batch" ? "[]" : "{}"
                let response = try await Self.send(api, path, method, json, body: method == .post ? body : nil)
                #expect(response.status.code == status, "\(method) \(path): \(response.text)")
                if path == "/notifications/batch", status == 422 {
                    #expect(Self.field("RateLimit-Policy", response) == "8;w=60, 7;w=60, 1;w=60")
                }
            }
        }
    }

    /// Both have the list: the host's file is read without the API.
    @Test func theFileKnowsEveryAddress() async throws {
        try await LiveAPI.runWithUsers { api, _ in
            #expect(APILimitsConfiguration.addresses.sorted() == api.routes.map(\.name).sorted())
        }
        #expect(APILimitsConfiguration.groups.sorted() == RouteGroup.allCases.map(\.rawValue).sorted())
    }

    /// A guessed key is looked up in the store only while its address has something left.
    @Test func guessesFromASpentAddressAskNothingOfTheStore() async throws {
        var limits = RequestLimits()
        limits.anonymous = [RateLimit(permits: 3, per: .seconds(3600))]
        let limiter = RequestLimiter(limits, clock: HeldClock())
        try await LiveAPI.runWithUsers(limiter: limiter, test: .live) { (api, accounts) async throws in
            let admin = try #require(try await accounts.user(email: try EmailAddress("admin@example.com")))
            let known = try await accounts.createKey(for: admin.id, name: "k", scopes: [.readNotifications]).text
            let late = try await accounts.createKey(for: admin.id, name: "l", scopes: [.readNotifications]).text
            let path = "/notifications/x"
            #expect(try await api.request(.get, path, as: known).status == .notFound)
            let guess = Secret(String(known.revealed.dropLast(10)) + "0123456789")
            for _ in 0..<3 { #expect(try await api.request(.get, path, as: guess).status == .unauthorized) }
            #expect(accounts.namesUnknownKey(authorization: "Bearer \(late.revealed)"))
            let refused = try await api.request(.get, path, as: late)
            #expect(refused.status == .tooManyRequests && Self.field("Retry-After", refused) == "1200")
            #expect(Self.field("RateLimit-Remaining", refused) == "0")
            #expect(accounts.namesUnknownKey(authorization: "Bearer \(late.revealed)"), "it was not looked up")
            // One that was good before, and a user's token, are not the address's.
            #expect(try await api.request(.get, path, as: known).status == .notFound)
            let token = try await accounts.login(email: "viewer@example.com", password: LiveAPI.password).token
            #expect(try await api.request(.get, path, as: token).status == .notFound)
        }
    }

    @Test func nothingIsLimitedUnlessSaid() async throws {
        var limits = RequestLimits()
        #expect(limits.isEmpty)
        limits.groups = [.webhooks: [RateLimit(permits: 1, per: .seconds(60))]]
        #expect(!limits.isEmpty)
        try await Self.run(limits) { api in
            for _ in 0..<200 {
                let response = try await Self.send(api)
                #expect(response.status == .notFound && Self.field("RateLimit-Limit", response) == nil)
            }
        }
    }

    /// Behind a proxy each caller has its own; in front of none a header changes nothing.
    @Test(arguments: [true, false])
    func callersBehindAProxy(isTrusted: Bool) async throws {
        let networks = isTrusted ? ["127.0.0.0/8", "::1"] : ["10.0.0.0/8"]
        let proxies = TrustedProxies(networks.map { IPNetwork($0)! })
        try await Self.run(Self.standard, proxies: proxies) { api in
            for caller in 1...5 {
                for request in 0..<4 {
                    let name = HTTPField.Name("X-Forwarded-For")!
                    let response = try await Self.send(
                        api, "/notifications/x", .get, [name: "198.51.100.\(request), 192.0.2.\(caller)"])
                    let isRefused = isTrusted ? request == 3 : caller > 1 || request == 3
                    #expect((response.status == .tooManyRequests) == isRefused, "\(caller) \(request)")
                }
            }
        }
    }

    /// A user's tokens count together; a role and a key can have their own; without good credentials the address counts.
    @Test func usersRolesAndKeys() async throws {
        func hourly(_ permits: Int) -> [RateLimit] { [RateLimit(permits: permits, per: .seconds(3600))] }
        var limits = RequestLimits()
        (limits.anonymous, limits.user, limits.key) = (hourly(2), hourly(3), hourly(4))
        limits.roles = [.admin: hourly(5), .viewer: []]
        limits.groups = [.auth: hourly(3)]
        let limiter = RequestLimiter(limits, clock: HeldClock())
        try await LiveAPI.runWithUsers(limiter: limiter, test: .live) { (api, accounts) async throws in
            func token(_ name: String) async throws -> Secret {
                try await accounts.login(email: "\(name)@example.com", password: LiveAPI.password).token
            }
            /// How many pass until one is refused, of ten.
            func passes(_ path: String, _ credentials: Secret?...) async throws -> Int {
                for count in 0..<10 {
                    let response = try await api.request(.get, path, as: credentials[count % credentials.count])
                    if response.status == .tooManyRequests { return count }
                }
                return 10
            }
            let path = "/notifications/x"
            #expect(try await passes(path, token("sender"), token("sender")) == 3)
            #expect(try await passes(path, token("admin")) == 5)
            #expect(try await passes(path, token("viewer")) == 10)
            // The group's limit holds besides.
            #expect(try await passes("/auth/me", token("viewer")) == 3)
            let admin = try #require(try await accounts.user(email: try EmailAddress("admin@example.com")))
            for _ in 0..<2 {
                let key = try await accounts.createKey(for: admin.id, name: "k", scopes: [.readNotifications])
                #expect(try await passes(path, key.text) == 4)
            }
            // Guessed, or none: all of them are the address's.
            #expect(try await passes(path, Secret("sb_guess"), nil, Secret("eyJhbGciOiJub25lIn0.e30.")) == 2)
            #expect(try await passes("/auth/login", nil) == 0)
            #expect(try await passes("/nothing", token("viewer")) == 0)
        }
    }

    @Test func aKeyByItsPrefix() throws {
        var limits = RequestLimits()
        limits.key = RequestLimits.standard
        limits.keys = ["sb_0123456789": [], "sb_abcdefghij": [RateLimit(permits: 9, per: .seconds(1))]]
        let limiter = RequestLimiter(limits, clock: HeldClock())
        #expect(limiter.admit(.key("sb_0123456789"), .notifications) == nil)
        #expect(limiter.admit(.key("sb_abcdefghij"), .notifications)?.policy == "9;w=1")
        #expect(limiter.admit(.key("sb_other"), .notifications)?.limit.permits == 3)
        #expect(limiter.admit(.nobody, .notifications) == nil)
    }

    @Test func addressesOfOneCustomerAreOneCaller() throws {
        func caller(_ text: String) throws -> RequestCaller {
            let address = try #require(IPAddress(text))
            return RequestCaller(address)
        }
        #expect(try caller("2001:db8:1:2::1") == caller("2001:db8:1:2:ffff::9"))
        #expect(try caller("2001:db8:1:2::1") != caller("2001:db8:1:3::1"))
        #expect(try caller("192.0.2.1") != caller("192.0.2.2"))
        #expect(try caller("192.0.2.1") == caller("::ffff:192.0.2.1"))
        #expect(RequestCaller(nil) == .nobody)
    }

    @Test func webhooksKnowTheirCaller() async throws {
        let proxies = TrustedProxies([IPNetwork("127.0.0.0/8")!, IPNetwork("::1")!])
        let name = HTTPField.Name("X-Forwarded-For")!
        try await LiveAPI.run(proxies: proxies, test: .live) { api in
            for (address, status) in [("192.0.2.7", HTTPTypes.HTTPResponse.Status.ok), ("192.0.2.8", .forbidden)] {
                let response = try await Self.send(
                    api, "/webhooks/guarded", .post, [name: "198.51.100.1, \(address)"], body: "")
                #expect(response.status == status)
            }
        }
    }
}
