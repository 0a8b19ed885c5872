@testable import API
import Accounts
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Pipeline
import SQLiteBackend
import Testing

/// What the description says, and what the host does.
@Suite(.timeLimit(.minutes(10)))
struct DescriptionTests {
    /// A new route has to be described; what is described has to be there.
    @Test func everyRouteIsDescribedAndTheOtherWayRound() async throws {
        try await LiveAPI.runWithUsers { api, _ in
            let routes = api.routes.map { "\($0.method.rawValue) \($0.path)" }
            let operations = APIOperations.all.map { "\($0.method) \($0.path)" }
            #expect(Set(operations).subtracting(routes).sorted() == [], "described, but not there")
            #expect(Set(routes).subtracting(operations).sorted() == [], "there, but not described: see APIOperations")
            #expect(operations.count == Set(operations).count)
            #expect(Set(APIOperations.all.map(\.id)).count == operations.count, "two operations of one name")
            let described = paths(try await api.get("/openapi.json"))
            #expect(Set(described) == Set(routes))
        }
    }

    @Test func withoutAccountsThereIsNothingAboutThem() async throws {
        try await LiveAPI.run { api in
            let described = paths(try await api.get("/openapi.json"))
            #expect(Set(described) == Set(api.routes.map { "\($0.method.rawValue) \($0.path)" }))
            #expect(!described.contains { $0.contains("/auth/") })
            let text = String(buffer: try await api.get("/openapi.json").body)
            #expect(!text.contains("bearer"))
        }
    }

    /// Parameters in a path are described, and no others.
    @Test(arguments: APIOperations.all) func parametersAreThoseOfThePath(operation: Operation) {
        let inPath = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { $0.dropFirst().dropLast() }
        let described = operation.parameters.filter { $0.place == .path }.map(\.name)
        #expect(inPath.map(String.init) == described, "\(operation.method) \(operation.path)")
        for link in operation.answers.flatMap(\.links) {
            #expect(APIOperations.all.contains { $0.id == link.operation }, "a link to \(link.operation)")
        }
    }

    @Test func everyPublicTopicIsDescribed() {
        #expect(Set(EventDescription.events.map(\.topic)) == Set(Topic.all.filter(\.isPublic)))
    }

    @Test func namedSchemasAreThere() async throws {
        try await LiveAPI.runWithUsers { api, _ in
            let text = String(buffer: try await api.get("/openapi.json").body)
            let names = Set((APISchemas.all + APISchemas.ofAccounts).map(\.name))
            let used = text.split(separator: "#/components/schemas/").dropFirst().map { $0.prefix { $0 != "\"" } }
            #expect(Set(used.map(String.init)) == names, "named and not there, or there and not named")
        }
    }

    @Test(arguments: [
        ("DELETE", "/notifications/batch", "POST"), ("PATCH", "/opt-outs/sms/x", "DELETE, GET, HEAD, PUT"),
        ("FOO", "/health", "GET, HEAD"), ("HEAD", "/events", "GET"), ("OPTIONS", "/webhooks/sms", "GET, POST"),
        ("PUT", "/webhooks/sms/", "GET, POST"),
    ])
    func anotherMethodIsNotAllowed(method: String, path: String, allow: String) async throws {
        try await LiveAPI.run { api in
            let method = try #require(HTTPRequest.Method(rawValue: method))
            let response = try await api.client.execute(uri: path, method: method)
            #expect(response.status == .methodNotAllowed)
            #expect(response.headers[.allow] == allow)
            #expect(response.headers[.contentType] == "application/problem+json")
        }
    }

    @Test(arguments: ["/", "/nothing", "/notifications/a/b", "/docs/x", "/webhooks/sms/x"])
    func aPathThatIsNowhereIsNotFound(path: String) async throws {
        try await LiveAPI.run { api in
            let response = try await api.get(path)
            #expect(response.status == .notFound)
            #expect(response.headers[.contentType] == "application/problem+json")
        }
    }

    @Test func headIsAGetWithoutItsBody() async throws {
        try await LiveAPI.run { api in
            for path in ["/health/liveness", "/docs", "/openapi.json", "/opt-outs"] {
                let (head, get) = (try await api.client.execute(uri: path, method: .head), try await api.get(path))
                #expect(head.status == get.status && head.body.readableBytes == 0, "\(path)")
                #expect(head.headers[.contentType] == get.headers[.contentType], "\(path)")
            }
        }
    }

    @Test func thePageHasNothingFromElsewhereAndNothingThatRuns() async throws {
        try await LiveAPI.runWithUsers { api, _ in
            let response = try await api.get("/docs")
            let policy = response.headers[.contentSecurityPolicy] ?? ""
            #expect(policy.hasPrefix("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"))
            let page = String(buffer: response.body)
            for word in ["<script", "<img", "<iframe", " style=", " src=", "url("] { #expect(!page.contains(word)) }
            for operation in APIOperations.all { #expect(page.contains("id=\"\(operation.id)\"")) }
        }
    }

    @Test func textIsEscaped() {
        #expect(HTMLText.inline("<b> & `a<b` \"q\"") == "&lt;b&gt; &amp; <code>a&lt;b</code> &quot;q&quot;")
        #expect(
            HTMLText.inline("see [this](https://example.com/?a=1&b=2), and [that](javascript:x)")
                == "see <a href=\"https://example.com/?a=1&amp;b=2\">this</a>, and [that](javascript:x)")
    }

    private func paths(_ response: TestResponse) -> [String] {
        let paths = response.json["paths"] as? [String: [String: Any]] ?? [:]
        return paths.flatMap { path, operations in operations.keys.map { "\($0.uppercased()) \(path)" } }
    }
}
