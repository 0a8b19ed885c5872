import Accounts
import ChannelSDK
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOPosix
import Pipeline
import SQLiteBackend
import Testing

@testable import API

@Suite(.timeLimit(.minutes(10)))
struct EventTests {
    struct Event {
        let id: String
        let data: [String: Any]
        var notification: String { data["notificationId"] as? String ?? "" }
    }

    /// What a stream behind `cursor` brings in a few turns, after which the host stops.
    private func stream(_ api: LiveAPI, after cursor: String) async throws -> [Event] {
        api.turns.set(1)
        let response = try await api.client.execute(
            uri: "/events", method: .get, headers: [.init("Last-Event-ID")!: cursor])
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "text/event-stream")
        return response.text.components(separatedBy: "\n\n").compactMap { block in
            let lines = block.split(separator: "\n")
            guard let id = lines.first(where: { $0.hasPrefix("id: ") }),
                let data = lines.first(where: { $0.hasPrefix("data: ") })
            else { return nil }
            #expect(lines.contains("event: notification.status.change"))
            let json = try? JSONSerialization.jsonObject(with: Data(data.dropFirst(6).utf8)) as? [String: Any]
            return Event(id: String(id.dropFirst(4)), data: json ?? [:])
        }
    }

    /// As a consumer does it: comes back with the last id until it has seen `count` events.
    private func follow(_ api: LiveAPI, after cursor: String, count: Int) async throws -> [Event] {
        var events: [Event] = []
        while events.count < count {
            try Task.checkCancellation()
            events += try await stream(api, after: events.last?.id ?? cursor)
        }
        return events
    }

    private func send(_ count: Int, _ api: LiveAPI) async throws -> [String] {
        var ids: [String] = []
        for _ in 0..<count {
            let sent = try await api.post("/notifications", #"{"channel":"sms","to":"+15551230001","body":"x"}"#)
            ids.append(try #require(sent.json["id"] as? String))
        }
        return ids
    }

    @Test func aStreamBringsEveryChangeOnceAndInOrder() async throws {
        try await LiveAPI.run { (api) async throws in
            let ids = try await send(20, api)
            for (number, id) in ids.enumerated() {
                let form = "MessageSid=SM\(number)&MessageStatus=delivered"
                #expect(try await api.callback(form, query: "delivery=\(id).1").status == .ok)
            }
            // Queued when the provider takes it, then delivered; or at once, when the report is the faster.
            var events: [Event] = []
            while Set(events.filter { $0.data["status"] as? String == "delivered" }.map(\.notification)) != Set(ids) {
                try Task.checkCancellation()
                events += try await stream(api, after: events.last?.id ?? "0")
            }
            #expect(Set(events.map(\.id)).count == events.count)
            for id in ids {
                let own = events.filter { $0.notification == id }.map(\.data)
                #expect(own.map { $0["sequence"] as? Int } == Array(1...own.count))
                #expect(own.last?["status"] as? String == "delivered")
            }
        }
    }

    @Test func aConsumerThatComesBackMissesNothing() async throws {
        try await LiveAPI.run { (api) async throws in
            _ = try await send(6, api)
            let all = try await follow(api, after: "0", count: 6)
            for (index, event) in all.enumerated() {
                let rest = try await follow(api, after: event.id, count: all.count - index - 1)
                #expect(rest.map(\.id) == all.dropFirst(index + 1).map(\.id))
            }
            // What happens later comes behind the last one.
            let id = try await send(1, api)[0]
            let later = try await follow(api, after: all.last!.id, count: 1)
            #expect(later.map(\.notification) == [id])
        }
    }

    @Test func theIdMayComeInTheQuery() async throws {
        try await LiveAPI.run { (api) async throws in
            _ = try await send(2, api)
            let all = try await follow(api, after: "0", count: 2)
            api.turns.set(0)
            let text = try await api.get("/events?lastEventId=\(all[0].id)").text
            #expect(text.contains("id: \(all[1].id)\n") && !text.contains("id: \(all[0].id)\n"))
        }
    }

    @Test(arguments: ["x", "-1", "1:2:3", "99999999999999999999", "0:1,0:2", String(repeating: "9", count: 5000)])
    func anIdThatIsNoneIsRefused(id: String) async throws {
        try await LiveAPI.run { (api) async throws in
            let response = try await api.client.execute(
                uri: "/events", method: .get, headers: [.init("Last-Event-ID")!: id])
            #expect(response.status == .badRequest)
            #expect(response.text.contains("Last-Event-ID"))
        }
    }

    @Test func anIdThatIsTooOldIsGone() async throws {
        try await LiveAPI.run(retention: .init(age: .zero)) { (api) async throws in
            _ = try await send(1, api)
            _ = try await follow(api, after: "0", count: 1)
            _ = try await send(1, api)
            var response = try await api.get("/health")
            while response.status != .gone {
                try Task.checkCancellation()
                try await api.backend.maintain()
                api.turns.set(0)
                response = try await api.client.execute(
                    uri: "/events", method: .get, headers: [.init("Last-Event-ID")!: "0"])
                #expect([.ok, .gone].contains(response.status))
            }
            #expect(response.text.contains("begin again"))
        }
    }

    /// A connection that is gone before its answer begins: the body of the answer is never asked for.
    @Test func anAnswerThatIsNeverSentTakesNoPlace() async throws {
        let streams = EventStreamCount()
        var places: [EventStreamCount.Place] = []
        for _ in 0..<3 { places.append(try streams.begin(account: "a", limit: 5, perAccount: 3)) }
        #expect(throws: EventStreamCount.Refusal.ofAccount(3)) {
            try streams.begin(account: "a", limit: 5, perAccount: 3)
        }
        for _ in 0..<2 { places.append(try streams.begin(account: "b", limit: 5, perAccount: nil)) }
        #expect(throws: EventStreamCount.Refusal.ofHost(5)) {
            try streams.begin(account: "c", limit: 5, perAccount: nil)
        }
        places.removeFirst()
        #expect((streams.open, streams.accounts) == (4, 2))
        places = []
        #expect((streams.open, streams.accounts) == (0, 0))
        try await LiveAPI.run { (api) async throws in
            #expect(try await Self.placesOfOneThatIsNeverSent(api) == 1)
            #expect(api.dependencies.eventStreams.open == 0)
            api.turns.set(1)
            #expect(try await api.get("/events").status == .ok)
            #expect(api.dependencies.eventStreams.open == 0)
        }
    }

    private static func placesOfOneThatIsNeverSent(_ api: LiveAPI) async throws -> Int {
        let request = Request(
            head: .init(method: .get, scheme: nil, authority: nil, path: "/events"), body: .init(buffer: .init()))
        let response = try await EventRoutes(api: api.dependencies).open(request, for: .host(account: "a"))
        #expect(response.status == .ok)
        return api.dependencies.eventStreams.open
    }

    /// The same over connections that are cut off at once: whatever became of their answers, every place comes back.
    @Test func placesOfConnectionsThatAreCutOffComeBack() async throws {
        try await LiveAPI.run(test: .live) { (api) async throws in
            let port = try #require(api.client.port)
            for _ in 0..<40 {
                let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                    .connect(host: "127.0.0.1", port: port).get()
                let options = try #require(channel as? any SocketOptionProvider)
                try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
                try await channel.writeAndFlush(ByteBuffer(string: "GET /events HTTP/1.1\r\nHost: x\r\n\r\n"))
                try await channel.close()
            }
            // Those that began look at each turn whether the host stops.
            api.turns.set(0)
            while api.dependencies.eventStreams.open > 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    @Test func anAccountHasSoManyStreams() async throws {
        try await LiveAPI.runWithUsers { (api, accounts) async throws in
            let reader = try await accounts.login(email: "viewer@example.com", password: LiveAPI.password).token
            let account = try await api.request(.get, "/auth/me", as: reader).json["account"] as? String
            var places: [EventStreamCount.Place] = []
            let most = api.dependencies.limits.maxAccountEventStreams
            for _ in 0..<most {
                places.append(
                    try api.dependencies.eventStreams.begin(
                        account: try #require(account), limit: most * 2, perAccount: most))
            }
            let response = try await api.request(.get, "/events", as: reader)
            #expect(response.status == .serviceUnavailable && response.headers[.retryAfter] == "5")
            #expect(response.text.contains("of an account"), "\(response.text)")
            places = []
            api.turns.set(1)
            #expect(try await api.request(.get, "/events", as: reader).status == .ok)
        }
    }

    @Test func onlySoManyStreamsAreOpen() async throws {
        try await LiveAPI.run(limits: APILimits(maxEventStreams: 0)) { (api) async throws in
            let response = try await api.get("/events")
            #expect(response.status == .serviceUnavailable)
            #expect(response.headers[.retryAfter] == "5")
        }
    }
}
