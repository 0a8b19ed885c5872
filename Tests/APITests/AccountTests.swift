import API
import Accounts
import ChannelSDK
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct AccountTests {
    private static func run(
        open: Bool = true, _ body: @escaping @Sendable (LiveAPI, AccountService) async throws -> Void
    ) async throws {
        try await LiveAPI.runWithUsers(open: open, body)
    }

    private static let password = LiveAPI.password

    private static func get(_ path: String, _ credential: String?, _ api: LiveAPI) async throws -> TestResponse {
        let headers: HTTPFields = credential.map { [.authorization: "Bearer \($0)"] } ?? [:]
        return try await api.client.execute(uri: path, method: .get, headers: headers)
    }

    private static func login(_ email: String, _ api: LiveAPI) async throws -> String {
        let response = try await api.post(
            "/auth/login", #"{"email":"\#(email)","password":"\#(password.revealed)"}"#)
        #expect(response.status == .ok)
        #expect(response.json["token_type"] as? String == "Bearer" && response.json["expires_in"] as? Int == 3600)
        #expect(response.headers[.cacheControl] == "no-store")
        return try #require(response.json["access_token"] as? String)
    }

    @Test func registerLoginAndMe() async throws {
        try await Self.run { (api, _) async throws in
            let body = #"{"email":"Maria@example.com","password":"correct horse battery","name":"María"}"#
            let first = try await api.post("/auth/register", body)
            #expect(first.status == .accepted)
            // Again, and with the address of somebody else: not a letter is different.
            for other in [body, body.replacing("Maria@", with: "admin@"), body.replacing("Maria@", with: "new@")] {
                let answer = try await api.post("/auth/register", other)
                #expect(answer.status == first.status && answer.text == first.text)
            }
            let me = try await Self.get("/auth/me", Self.login("maria@EXAMPLE.com", api), api)
            #expect(me.status == .ok && me.headers[.cacheControl] == "no-store")
            #expect(me.json["email"] as? String == "Maria@example.com" && me.json["name"] as? String == "María")
            #expect(me.json["role"] as? String == "sender" && me.json["account"] as? String == me.json["id"] as? String)
            #expect(me.json["scopes"] as? [String] == ["events:read", "notifications:read", "notifications:send"])
            #expect(!me.text.contains("scrypt") && !me.text.lowercased().contains("password"))
        }
    }

    @Test func refusalsAreAllTheSame() async throws {
        try await Self.run { (api, service) async throws in
            let viewer = try #require(try await service.user(email: EmailAddress("viewer@example.com")))
            let key = try await service.createKey(for: viewer.id, name: "ci", scopes: [.readEvents])
            try await service.setActive(false, viewer.id)
            var bodies: Set<String> = []
            for (email, password) in [
                ("admin@example.com", "a wrong password"), ("nobody@example.com", "a wrong password"),
                ("viewer@example.com", "correct horse battery"), ("no address", "x"), ("", ""),
            ] {
                let answer = try await api.post("/auth/login", #"{"email":"\#(email)","password":"\#(password)"}"#)
                #expect(answer.status == .unauthorized && answer.headers[.wwwAuthenticate] == "Bearer")
                bodies.insert(answer.text)
            }
            for credential in [nil, "", "x", "a.b.c", key.text.revealed, "sb_0123456789_x"] as [String?] {
                let answer = try await Self.get("/auth/me", credential, api)
                #expect(answer.status == .unauthorized && answer.headers[.wwwAuthenticate] == "Bearer")
                bodies.insert(answer.text)
            }
            #expect(bodies.count == 1)
        }
    }

    @Test func usersAreForAdmins() async throws {
        try await Self.run { (api, service) async throws in
            let admin = try await Self.login("admin@example.com", api)
            for (role, status) in [("sender", HTTPResponse.Status.forbidden), ("viewer", .forbidden), ("admin", .ok)] {
                let token = try await Self.login("\(role)@example.com", api)
                #expect(try await Self.get("/users", token, api).status == status)
            }
            #expect(try await Self.get("/users", nil, api).status == .unauthorized)
            let user = try #require(try await service.user(email: EmailAddress("admin@example.com")))
            let reader = try await service.createKey(for: user.id, name: "ci", scopes: [.readUsers])
            let other = try await service.createKey(for: user.id, name: "ci", scopes: [.readEvents])
            #expect(try await Self.get("/users", reader.text.revealed, api).status == .ok)
            #expect(try await Self.get("/users", other.text.revealed, api).status == .forbidden)
            let me = try await Self.get("/auth/me", reader.text.revealed, api).json
            #expect(me["key"] as? String == reader.key.prefix && me["scopes"] as? [String] == ["users:read"])
            #expect(try await Self.get("/users", admin + "," + admin, api).status == .unauthorized)
        }
    }

    @Test func theHeaderSaysWhereTheListIsFrom() async throws {
        try await Self.run { (api, service) async throws in
            let token = try await Self.login("admin@example.com", api)
            let source = HTTPField.Name("X-Source")!
            let first = try await Self.get("/users", token, api)
            let second = try await Self.get("/users", token, api)
            #expect(first.headers[source] == "store" && second.headers[source] == "cache" && first.text == second.text)
            let users = try #require(first.json["users"] as? [[String: Any]])
            #expect(Set(users.compactMap { $0["role"] as? String }) == ["admin", "sender", "viewer"])
            #expect(!first.text.contains("scrypt") && first.json["next"] == nil)
            let viewer = try #require(try await service.user(email: EmailAddress("viewer@example.com")))
            try await service.setRole(.sender, of: viewer.id)
            let third = try await Self.get("/users", token, api)
            #expect(third.headers[source] == "store" && third.text != first.text)
        }
    }

    @Test func usersInPages() async throws {
        try await Self.run { (api, _) async throws in
            let token = try await Self.login("admin@example.com", api)
            var (seen, path) = ([String](), "/users?limit=2")
            while true {
                try Task.checkCancellation()
                let page = try await Self.get(path, token, api).json
                seen += (page["users"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
                guard let next = page["next"] as? String else { break }
                path = "/users?limit=2&after=\(next)"
            }
            #expect(seen.count == 3 && seen == seen.sorted())
            for query in [
                "limit=0", "limit=1001", "limit=x", "after=x", "after=usr_", "limit=-1", "limit=", "after=",
                "limit=1&limit=1",
                "role=admin",
            ] {
                let answer = try await Self.get("/users?\(query)", token, api)
                #expect(answer.status == .badRequest && answer.fields.count == 1)
            }
        }
    }

    @Test(
        arguments: [
            ("{", HTTPResponse.Status.badRequest, []),
            ("[]", .unprocessableContent, [""]),
            ("{}", .unprocessableContent, ["email", "password", "name"]),
            (#"{"email":1,"password":null,"name":[[]]}"#, .unprocessableContent, ["email", "password", "name"]),
            (
                #"{"email":"a@b.c","password":"correct horse battery","name":"x","role":"admin"}"#,
                .unprocessableContent, ["role"]
            ),
            (
                #"{"email":"a@b.c","email":"b@b.c","password":"correct horse battery","name":"x"}"#,
                .unprocessableContent, ["email"]
            ),
            (#"{"email":"a","password":"short","name":""}"#, .unprocessableContent, ["email", "name", "password"]),
            (#"{"email":"\#u{0}","password":"x","name":"x"}"#, .badRequest, []),
        ] as [(String, HTTPResponse.Status, [String])])
    func badFieldsAreNamed(body: String, status: HTTPResponse.Status, fields: [String]) async throws {
        try await Self.run { (api, _) async throws in
            let answer = try await api.post("/auth/register", body)
            #expect(answer.status == status && answer.fields == fields)
        }
    }

    @Test func otherRequestsAreRefused() async throws {
        try await Self.run(open: false) { (api, _) async throws in
            let body = #"{"email":"maria@example.com","password":"correct horse battery","name":"M"}"#
            #expect(try await api.post("/auth/register", body).status == .forbidden)
            #expect(try await api.post("/auth/login", body, type: "text/plain").status == .unsupportedMediaType)
            let large = #"{"email":"\#(String(repeating: "a", count: 20_000))","password":"x"}"#
            #expect(try await api.post("/auth/login", large).status == .contentTooLarge)
            let deep = String(repeating: "[", count: 10_000)
            #expect(try await api.post("/auth/login", deep).status == .badRequest)
            #expect(try await api.get("/auth/login").status == .methodNotAllowed)
        }
    }

    @Test func withoutAccountsThereAreNoAddresses() async throws {
        try await LiveAPI.run { (api) async throws in
            for path in ["/auth/register", "/auth/login"] {
                #expect(try await api.post(path, "{}").status == .notFound)
            }
            for path in ["/auth/me", "/users"] { #expect(try await api.get(path).status == .notFound) }
        }
    }
}
