import ChannelSDK
import SQLiteBackend
import Testing

@testable import Pipeline

/// A delivery is judged by the graph that it was made under, whatever its channel's is by now.
@Suite(.timeLimit(.minutes(10))) struct GraphVersionTests {
    private static let names: [StatusName] = ["queued", "failed", "delivered"]

    /// Under version 1 evidence of delivery wins, under version 2 evidence of failure.
    private static func order(_ version: Int) throws -> StatusOrder {
        let names: [StatusName] = version == 1 ? names : ["queued", "delivered", "failed"]
        let steps = zip(names, names.dropFirst()).map { StatusGraph.Transition($0, $1) }
        return try StatusOrder(
            checking: StatusGraph(
                version: version, statuses: [.progress("queued"), .failure("failed"), .goal("delivered")],
                transitions: steps))
    }

    private static func stored(_ version: Int) throws -> StoredGraph {
        StoredGraph(channel: "sms", module: "sms", order: try order(version))
    }

    private static func book(_ version: Int) throws -> LawBook {
        LawBook(
            ["sms": ChannelLaw(order: try order(version), policy: DeliveryPolicy())],
            archive: GraphArchive([try stored(1), try stored(2)].filter { $0.order.version <= version }))
    }

    @Test func theTextSaysAllThatJudges() throws {
        let graph = try Self.stored(2)
        let read = try #require(StoredGraph(channel: "sms", module: "sms", version: 2, text: graph.text))
        #expect(read.judgesLike(graph) && read.order.version == 2)
        #expect(try !read.judgesLike(Self.stored(1)))
        for text in ["", "queued", "queued progress open", "delivered goal settled\nx", "Queued goal settled"] {
            #expect(StoredGraph(channel: "sms", module: "sms", version: 1, text: text) == nil, "\(text)")
        }
    }

    private static let lookUps: [(channel: String, version: Int, found: Int?)] = [
        ("sms", 0, 2), ("sms", 1, 1), ("sms", 2, 2), ("sms", 9, 2), ("old", 0, 4), ("old", 3, 3), ("old", 9, nil),
        ("never", 0, nil), ("never", 1, nil),
    ]

    @Test(arguments: lookUps)
    func theBookKnowsFormerGraphs(channel: String, version: Int, found: Int?) throws {
        let book = try Self.book(2)
        let gone = try [3, 4].map { StoredGraph(channel: "old", module: "sms", order: try Self.order($0)) }
        book.archive.add(gone)
        #expect(book.law(of: channel, version: version)?.order.version == found)
    }

    /// Every order of the same reports, with the change to version 2 at every place between them, ends the same.
    @Test func aDeliveryOfTheFirstVersionConvergesAfterTheSecondCame() async throws {
        let orders = Self.permutations(Self.names)
        for order in orders {
            for change in 0...order.count {
                let status = try await Self.status(after: order, change: change)
                #expect(status == "delivered", "\(order), the change before number \(change)")
            }
        }
    }

    private static func status(after names: [StatusName], change: Int) async throws -> StatusName? {
        let world = try await AppliedWorld(book: try book(1))
        for (index, name) in names.enumerated() {
            if index == change { try await world.newApplier(try book(2)) }
            world.report(StatusReport(delivery: world.delivery, kind: .status(name)))
            try await world.apply()
        }
        let status = try await world.backend.store.load(world.ids).first?.deliveries.first?.status
        await world.close()
        return status
    }

    private static func permutations(_ names: [StatusName]) -> [[StatusName]] {
        guard names.count > 1 else { return [names] }
        return names.indices.flatMap { index in
            var rest = names
            let first = rest.remove(at: index)
            return permutations(rest).map { [first] + $0 }
        }
    }
}
