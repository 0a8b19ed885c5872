import API
import Accounts
import ChannelSDK
import HTTPTypes
import HummingbirdTesting
import NIOCore
import SQLiteBackend
import Testing

/// Walks every address that the router has with every kind of caller: nobody reads, changes or learns of what belongs
/// to somebody else's account.
@Suite(.timeLimit(.minutes(10)))
struct TenancyTests {
    /// What each route answers. A route without a row fails the test, and so does a row without a route.
    private static let table: [String: Row] = [
        "GET /health": .open(200),
        "GET /health/liveness": .open(200),
        "GET /health/readiness": .open(200),
        "GET /metrics": .closed(owner: 403, other: 403, viewer: 403, admin: 200, key: 200),
        // The host of these tests has no file to read.
        "POST /admin/reload": .closed(owner: 403, other: 403, viewer: 403, admin: 404, key: 404),
        "GET /openapi.json": .open(200),
        "GET /asyncapi.json": .open(200),
        "GET /schemas/{topic}": .open(404),
        "GET /docs": .open(200),
        "GET /docs/style.css": .open(200),
        "POST /webhooks/{channel}": .open(403),
        "GET /webhooks/{channel}": .open(403),
        "POST /webhooks": .open(403),
        "GET /unsubscribe/{token}": .open(404),
        "POST /unsubscribe/{token}": .open(404),
        "POST /auth/register": .open(422),
        "POST /auth/login": .open(422),
        "GET /auth/me": .closed(owner: 200, other: 200, viewer: 200, admin: 200, key: 200),
        "GET /users": .closed(owner: 403, other: 403, viewer: 403, admin: 200, key: 200),
        "POST /notifications": .closed(
            #"{"channel":"sms","to":"+15551230002","body":"x"}"#, owner: 202, other: 202, viewer: 403, admin: 202,
            key: 202),
        "POST /notifications/batch": .closed(
            #"[{"channel":"sms","to":"+15551230002","body":"x"}]"#, owner: 202, other: 202, viewer: 403, admin: 202,
            key: 202),
        // By one's own id for it: an admin has other ones.
        "GET /notifications": .closed(
            query: "?externalId=order-1", owner: 200, other: 404, viewer: 200, admin: 404, key: 404),
        "GET /notifications/{id}": .closed(owner: 200, other: 404, viewer: 200, admin: 200, key: 404),
        // It is sent: who is told so knows that there is such a notification.
        "DELETE /notifications/{id}": .closed(owner: 409, other: 404, viewer: 403, admin: 409, key: 404),
        // Nothing is held: who is told so knows that there is such a notification.
        "POST /notifications/{id}/resolution": .closed(
            #"{"decision":"give_up"}"#, owner: 403, other: 403, viewer: 403, admin: 409, key: 404),
        "GET /events": .closed(owner: 200, other: 200, viewer: 200, admin: 200, key: 200),
        "GET /opt-outs": .closed(owner: 403, other: 403, viewer: 403, admin: 200, key: 200),
        "GET /opt-outs/{list}/{recipient}": .closed(owner: 403, other: 403, viewer: 403, admin: 404, key: 404),
        "PUT /opt-outs/{list}/{recipient}": .closed(owner: 403, other: 403, viewer: 403, admin: 200, key: 200),
        "DELETE /opt-outs/{list}/{recipient}": .closed(owner: 403, other: 403, viewer: 403, admin: 204, key: 204),
    ]

    private struct Row: Sendable {
        var body = ""
        var query = ""
        let statuses: [Caller: Int]

        /// The same for everybody: credentials are not looked at.
        static func open(_ status: Int) -> Row {
            Row(body: "{}", statuses: Dictionary(uniqueKeysWithValues: Caller.allCases.map { ($0, status) }))
        }

        static func closed(
            _ body: String = "", query: String = "", owner: Int, other: Int, viewer: Int, admin: Int, key: Int
        ) -> Row {
            Row(
                body: body, query: query,
                statuses: [
                    .owner: owner, .other: other, .viewer: viewer, .admin: admin, .key: key, .nobody: 401,
                    .expired: 401, .revoked: 401,
                ])
        }
    }

    private enum Caller: CaseIterable {
        /// Sends in the account that the notification is of.
        case owner
        /// Sends in another account.
        case other
        /// Reads in the owner's account.
        case viewer
        /// An admin, in an account of their own.
        case admin
        /// An admin's key that may do everything, but only in the admin's own account.
        case key
        /// Without credentials.
        case nobody
        /// The owner's token of two hours ago.
        case expired
        /// The owner's key, revoked.
        case revoked

        var isOfOwnersAccount: Bool { self == .owner || self == .viewer }
    }

    /// Nothing of it may be in an answer to somebody else.
    private static let marks = ["+15551230001", "for the owner's eyes", "order-1"]

    private struct House: Sendable {
        let api: LiveAPI
        let accounts: AccountService
        let admin: UserID
        let credentials: [Caller: Secret]
        let notification: String

        func ask(_ route: APIRoute, _ row: Row, as caller: Caller) async throws -> TestResponse {
            try await ask(route, row, with: credentials[caller])
        }

        func ask(_ route: APIRoute, _ row: Row, with credential: Secret?) async throws -> TestResponse {
            let path = route.path.replacing("{id}", with: notification).replacing("{channel}", with: "sms")
                .replacing("{list}", with: "sms").replacing("{recipient}", with: "+15559990000")
            // A stream of events ends when the host says that it stops.
            if route.path == "/events" { api.turns.set(1) }
            defer { api.turns.set(.max) }
            return try await api.request(route.method, path + row.query, as: credential, row.body)
        }

        func report(_ body: String) async throws -> TestResponse {
            let signed = try StandardWebhooks(key: LiveAPI.webhookKey).signedHeaders(
                id: "msg_1", timestamp: SQLiteBackend.SystemClock().now(), body: Array(body.utf8))
            var headers: HTTPFields = [.contentType: "application/json"]
            for field in signed.fields { headers[.init(field.name)!] = field.value }
            return try await api.client.execute(
                uri: "/webhooks", method: .post, headers: headers, body: ByteBuffer(string: body))
        }

        /// All events that `caller` may see, once those of `notifications` are there, and the last id that a consumer
        /// knows then.
        func events(
            until notifications: [String], as caller: Caller
        ) async throws -> (text: String, lastID: Substring?) {
            while true {
                try Task.checkCancellation()
                api.turns.set(0)
                let text = try await api.request(
                    .get, "/events?lastEventId=0", as: credentials[caller]
                ).text
                let ids = text.split(separator: "\n").filter { $0.hasPrefix("id: ") }
                if notifications.allSatisfy({ text.contains($0) }) { return (text, ids.last) }
            }
        }
    }

    private static func run(_ body: @escaping @Sendable (House) async throws -> Void) async throws {
        try await LiveAPI.runWithUsers { (api, accounts) async throws in
            var credentials: [Caller: Secret] = [:]
            let people = [("a@x.com", Role.sender, "a"), ("b@x.com", .sender, "b"), ("v@x.com", .viewer, "a")]
            for (email, role, account) in people {
                try await accounts.create(
                    NewUser(email: email, name: "N", password: LiveAPI.password), role: role, account: account)
            }
            for (caller, email) in [(Caller.owner, "a@x.com"), (.other, "b@x.com"), (.viewer, "v@x.com")] {
                credentials[caller] = try await accounts.login(email: email, password: LiveAPI.password).token
            }
            credentials[.admin] = try await accounts.login(
                email: "admin@example.com", password: LiveAPI.password
            ).token
            let earlier = try await LiveAPI.accounts(api.backend, clock: TwoHoursAgo())
            credentials[.expired] = try await earlier.login(email: "a@x.com", password: LiveAPI.password).token
            let admin = try #require(try await accounts.user(email: EmailAddress("admin@example.com")))
            let owner = try #require(try await accounts.user(email: EmailAddress("a@x.com")))
            let own = Role.admin.scopes.subtracting([.everyAccount])
            credentials[.key] = try await accounts.createKey(for: admin.id, name: "k", scopes: own).text
            let revoked = try await accounts.createKey(for: owner.id, name: "r", scopes: [.readNotifications])
            try await accounts.revokeKey(prefix: revoked.key.prefix)
            credentials[.revoked] = revoked.text
            let sent = try await api.request(
                .post, "/notifications", as: credentials[.owner],
                #"{"channel":"sms","to":"\#(marks[0])","body":"\#(marks[1])","externalId":"\#(marks[2])"}"#)
            let id = try #require(sent.json["id"] as? String)
            try await body(
                House(
                    api: api, accounts: accounts, admin: admin.id, credentials: credentials, notification: id))
        }
    }

    private struct TwoHoursAgo: WallClock {
        func now() -> Timestamp { SQLiteBackend.SystemClock().now() + .seconds(-7200) }
    }

    private static func name(_ route: APIRoute) -> String { "\(route.method) \(route.path)" }

    @Test func everyRouteForEveryCaller() async throws {
        try await Self.run { (house) async throws in
            #expect(Set(house.api.routes.map(Self.name)) == Set(Self.table.keys), "every route has a row, and no other")
            for route in house.api.routes {
                guard let row = Self.table[Self.name(route)] else { continue }
                #expect((route.demand == nil) == (Set(row.statuses.values).count == 1), "\(Self.name(route)) is open")
                for caller in Caller.allCases {
                    let answer = try await house.ask(route, row, as: caller)
                    let what = "\(Self.name(route)) as \(caller): \(answer.text)"
                    #expect(answer.status.code == row.statuses[caller], "\(what)")
                    if answer.status == .unauthorized {
                        #expect(answer.headers[.wwwAuthenticate] == "Bearer", "\(what)")
                    }
                    if answer.status.code >= 400, route.path != "/health" {
                        #expect(answer.headers[.contentType] == "application/problem+json", "\(what)")
                    }
                    guard !caller.isOfOwnersAccount, caller != .admin else { continue }
                    for mark in Self.marks + [house.notification] { #expect(!answer.text.contains(mark), "\(what)") }
                }
            }
        }
    }

    /// A key with all scopes but the route's is refused by every route, and one with that scope alone is not.
    @Test func everyRouteAsksForItsScope() async throws {
        try await Self.run { (house) async throws in
            var keys: [Set<Scope>: Secret] = [:]
            for scope in Scope.allCases {
                for scopes in [[scope], Set(Scope.allCases).subtracting([scope])] {
                    keys[scopes] = try await house.accounts.createKey(
                        for: house.admin, name: "k", scopes: scopes
                    ).text
                }
            }
            for route in house.api.routes {
                guard case .scope(let scope) = route.demand, var row = Self.table[Self.name(route)] else { continue }
                row.query = ""
                for (scopes, key) in keys {
                    let answer = try await house.ask(route, row, with: key)
                    let what = "\(Self.name(route)) with \(scopes.sorted().map(\.rawValue)): \(answer.text)"
                    #expect((answer.status == .forbidden) == !scopes.contains(scope), "\(what)")
                    guard answer.status == .forbidden else { continue }
                    let wanted = "Bearer error=\"insufficient_scope\", scope=\"\(scope.rawValue)\""
                    #expect(answer.headers[.wwwAuthenticate] == wanted, "\(what)")
                }
            }
        }
    }

    /// Somebody else's id, and the id of somebody else's `externalId`, are as unknown as one that nobody has.
    @Test func thereIsNoOracle() async throws {
        try await Self.run { (house) async throws in
            let unknown = "0199aaaa-0000-7000-8000-000000000000"
            for (method, rest, body) in [
                (HTTPTypes.HTTPRequest.Method.get, "", ""),
                (.delete, "", ""), (.post, "/resolution", #"{"decision":"resend"}"#),
            ] {
                let (key, path) = (house.credentials[.key], "/notifications/")
                let others = try await house.api.request(method, path + house.notification + rest, as: key, body)
                let nobodys = try await house.api.request(method, path + unknown + rest, as: key, body)
                #expect(others.status == .notFound && others.text == nobodys.text)
                #expect(others.headers[.contentType] == nobodys.headers[.contentType])
            }
            // The same externalId is free in every account.
            let twin = try await house.api.request(
                .post, "/notifications", as: house.credentials[.other],
                #"{"channel":"sms","to":"+15557770000","body":"another","externalId":"order-1"}"#)
            #expect(twin.status == .accepted && twin.json["id"] as? String != house.notification)
            let own = try await house.api.request(
                .get, "/notifications?externalId=order-1", as: house.credentials[.other])
            #expect(own.json["to"] as? String == "+15557770000")
        }
    }

    @Test func eventsAreOfTheOwnAccount() async throws {
        try await Self.run { (house) async throws in
            let mine = try await house.api.request(
                .post, "/notifications", as: house.credentials[.other],
                #"{"channel":"sms","to":"+15557770000","body":"x","externalId":"\"account\":\"a\""}"#)
            let id = try #require(mine.json["id"] as? String)
            let all = try await house.events(until: [house.notification, id], as: .admin)
            #expect(all.text.contains(house.notification) && all.text.contains(id))
            for (caller, seen, unseen) in [
                (Caller.owner, house.notification, id), (.viewer, house.notification, id),
                (.other, id, house.notification),
            ] {
                let events = try await house.events(until: [seen], as: caller)
                #expect(!events.text.contains(unseen))
                #expect(events.lastID == all.lastID, "what it does not see, it does not come back to")
            }
        }
    }

    @Test func aStreamEndsWithItsCredentials() async throws {
        try await Self.run { (house) async throws in
            let key = try await house.accounts.createKey(for: house.admin, name: "k", scopes: [.readEvents])
            async let stream = house.api.request(.get, "/events", as: key.text)
            while house.api.turns.left == .max {
                try Task.checkCancellation()
                await Task.yield()
            }
            try await house.accounts.revokeKey(prefix: key.key.prefix)
            // The host itself goes on: this ends only because the key does.
            #expect(try await stream.status == .ok)
        }
    }

    /// A report by `externalId` says whose it is.
    @Test func anAccountIsNamedByItsReports() async throws {
        try await Self.run { (house) async throws in
            for (body, status) in [
                (#"{"externalId":"order-1","event":"delivered"}"#, 422),
                (#"{"externalId":"order-1","event":"delivered","account":""}"#, 422),
                (#"{"externalId":"order-1","event":"failed","account":"b"}"#, 202),
                (#"{"externalId":"order-1","event":"delivered","account":"a"}"#, 202),
            ] {
                let answer = try await house.report(body)
                #expect(answer.status.code == status && answer.fields == (status == 422 ? ["account"] : []))
            }
            var view: [String: Any] = [:]
            while view["status"] as? String != "delivered" {
                try Task.checkCancellation()
                view =
                    try await house.api.request(
                        .get, "/notifications/\(house.notification)", as: house.credentials[.owner]
                    ).json
                #expect(view["status"] as? String != "failed")
            }
        }
    }
}
