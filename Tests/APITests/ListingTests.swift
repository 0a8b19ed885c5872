import Accounts
import ChannelSDK
import Foundation
import HTTPTypes
import HummingbirdTesting
import Pipeline
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ListingTests {
    /// Ten, of which each has a recipient of its own and every second a tag; all are queued.
    private static func fill(_ api: LiveAPI) async throws -> [String] {
        var ids: [String] = []
        for number in 0..<10 {
            let tags = number.isMultiple(of: 2) ? #"["even"]"# : "[]"
            let sent = try await api.post(
                "/notifications",
                #"{"channel":"sms","to":"+1555123000\#(number)","body":"x","tags":\#(tags),"externalId":"e\#(number)"}"#
            )
            let id = try #require(sent.json["id"] as? String)
            _ = try await api.notification(id) { $0["status"] as? String == "queued" }
            ids.append(id)
        }
        return ids
    }

    private static func items(_ response: TestResponse) -> [[String: Any]] {
        response.json["notifications"] as? [[String: Any]] ?? []
    }

    private static func ids(_ response: TestResponse) -> [String] { items(response).compactMap { $0["id"] as? String } }

    @Test func goesFromPageToPage() async throws {
        try await LiveAPI.run { (api) async throws in
            let sent = try await Self.fill(api)
            var (path, found) = ("/notifications?limit=4&status=queued", [String]())
            var pages = 0
            while true {
                try Task.checkCancellation()
                let page = try await api.get(path)
                #expect(page.status == .ok, "\(page.text)")
                found += Self.ids(page)
                pages += 1
                let next = page.json["next"] as? String
                #expect((page.headers[.init("Link")!] == nil) == (next == nil))
                guard let link = page.headers[.init("Link")!] else { break }
                #expect(link == "</notifications?limit=4&status=queued&cursor=\(next ?? "")>; rel=\"next\"")
                path = String(link.dropFirst().prefix { $0 != ">" })
            }
            #expect(pages == 3)
            #expect(Set(found) == Set(sent) && found.count == 10)
            let one = try #require(Self.items(try await api.get("/notifications?limit=1")).first)
            let whole = try await api.get("/notifications/\(one["id"] ?? "")").json
            #expect(one["body"] == nil && one["deliveries"] == nil && one["updatedAt"] is String)
            for (name, value) in one where name != "updatedAt" {
                #expect("\(value)" == "\(whole[name] ?? "")", "\(name)")
            }
        }
    }

    @Test func filters() async throws {
        try await LiveAPI.run { (api) async throws in
            let sent = try await Self.fill(api)
            let middle = try await api.get("/notifications/\(sent[5])").json["acceptedAt"] as? String ?? ""
            let all = Set(sent)
            let even = Set(stride(from: 0, to: 10, by: 2).map { sent[$0] })
            let table: [(String, Set<String>)] = [
                ("", all), ("tag=even", even), ("tag=eve", []), ("recipient=%2B15551230003", [sent[3]]),
                ("recipient=%2B1555123000", []), ("status=queued,sent&settlement=open", all),
                ("status=delivered", []), ("settlement=settled,closed", []), ("channel=sms&tag=even", even),
                ("created_after=\(middle)", Set(sent[5...])), ("created_before=\(middle)", Set(sent[..<5])),
                ("created_after=2001-01-01T00:00:00Z&created_before=2002-01-01T00:00:00%2B01:00", []),
            ]
            for (query, expected) in table {
                let answer = try await api.get("/notifications?\(query)")
                #expect(answer.status == .ok && Set(Self.ids(answer)) == expected, "\(query): \(answer.text)")
            }
            #expect(try await api.get("/notifications?externalId=e3").json["id"] as? String == sent[3])
        }
    }

    @Test(arguments: [
        ("status=sunk&settlement=half&channel=fax", ["channel", "settlement", "status"]),
        ("limit=0&created_after=soon&colour=red", ["colour", "created_after", "limit"]),
        ("externalId=\(String(repeating: "x", count: 201))", ["externalId"]),
        ("externalId=a&externalId=a", ["externalId", "externalId"]),
        ("recipient=\(String(repeating: "x", count: 321))", ["recipient"]),
        ("tag=\(String(repeating: "x", count: 101))", ["tag"]),
        ("cursor=\(String(repeating: "0", count: 4001))", ["cursor"]),
        ("\(String(repeating: "x", count: 500))=1", [String(repeating: "x", count: 60)]),
        ("status=\(String(repeating: "queued,", count: 200))queued", ["status"]), ("channel=", ["channel"]),
        ("cursor=", ["cursor"]),
        ("limit=501", ["limit"]), ("limit=x&limit=5", ["limit", "limit"]), ("status=", ["status"]),
        ("created_after=2026-01-02T00:00:00Z&created_before=2026-01-01T00:00:00Z", ["created_before"]),
        ("created_after=2026-13-99T00:00:00Zjunk", ["created_after"]),
        ("created_after=2026-02-29T00:00:00Z", ["created_after"]),
        ("created_before=2026-03-01T09:30:00Z%20", ["created_before"]),
        ("externalId=a&limit=5", ["externalId"]), ("externalId=", ["externalId"]), ("cursor=00", ["cursor"]),
        ("status=queued,,sent", ["status"]), ("tag=\(String(repeating: "x", count: 101))", ["tag"]),
    ])
    func saysEverythingThatIsWrong(query: String, fields: [String]) async throws {
        try await LiveAPI.run { (api) async throws in
            let answer = try await api.get("/notifications?\(query)")
            #expect(answer.status == .badRequest && answer.fields.sorted() == fields, "\(answer.text)")
            if query.contains("sunk") { #expect(answer.text.contains("accepted, canceled, ")) }
        }
    }

    @Test func cursorsAreOfTheirListOnly() async throws {
        try await LiveAPI.runWithUsers { (api, accounts) async throws in
            let admin = try await accounts.login(email: "admin@example.com", password: LiveAPI.password).token
            let stranger = try await accounts.create(
                .init(email: "b@x.com", name: "B", password: LiveAPI.password), role: .sender, account: "b")
            #expect(stranger.account == "b")
            let other = try await accounts.login(email: "b@x.com", password: LiveAPI.password).token
            for number in 0..<3 {
                let sent = try await api.request(
                    .post, "/notifications", as: admin, #"{"channel":"sms","to":"+15551230001","body":"\#(number)"}"#)
                let id = sent.json["id"] as? String ?? ""
                #expect(try await api.request(.get, "/notifications/\(id)", as: admin).status == .ok)
            }
            let page = try await api.request(.get, "/notifications?limit=1", as: admin)
            let cursor = try #require(page.json["next"] as? String)
            func ask(_ query: String, as credential: Secret) async throws -> TestResponse {
                try await api.request(.get, "/notifications?\(query)", as: credential)
            }
            #expect(Self.ids(try await ask("limit=5&cursor=\(cursor)", as: admin)).count == 2)
            #expect(Self.ids(try await ask("", as: other)).isEmpty)
            var bad = [try await ask("cursor=\(cursor)", as: other)]
            bad.append(try await ask("cursor=\(cursor)&status=sent", as: admin))
            for place in cursor.indices {
                var text = cursor
                text.replaceSubrange(place...place, with: cursor[place] == "0" ? "1" : "0")
                bad.append(try await ask("cursor=\(text)", as: admin))
            }
            bad.append(try await ask("cursor=\(cursor.dropLast())", as: admin))
            bad.append(try await ask("cursor=\(cursor)00", as: admin))
            for answer in bad {
                #expect(answer.status == .badRequest && answer.fields == ["cursor"], "\(answer.text)")
            }
        }
    }
}
