import ChannelSDK
import Pipeline
import Testing

// MARK: - Graphs

extension StoreConformance {
    static let judging: [ConformanceCase<any NotificationStore>] = [
        .init("a graph that was kept is never changed", graphsStay)
    ]

    private static func graph(_ channel: String, _ version: Int, _ names: [StatusName]) throws -> StoredGraph {
        let statuses = names.map { name in
            name == names.last ? StatusGraph.Status.goal(name) : .progress(name)
        }
        let steps = zip(names, names.dropFirst()).map { StatusGraph.Transition($0, $1) }
        return StoredGraph(
            channel: channel, module: "sms",
            order: try StatusOrder(checking: StatusGraph(version: version, statuses: statuses, transitions: steps)))
    }

    @Sendable static func graphsStay(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        #expect(try await store.graphs() == [])
        let first = try graph("sms", 1, ["queued", "delivered"])
        let other = try graph("émail", 7, ["sent", "opened", "clicked"])
        try await store.keep([first, other])
        try await store.keep([])
        store = try await backend.reopen(after: .abrupt)
        #expect(try await Set(store.graphs()) == [first, other])
        // Another under the same version is not taken, one under a new version beside it is.
        let changed = try graph("sms", 1, ["queued", "sent", "delivered"])
        let next = try graph("sms", 2, ["queued", "sent", "delivered"])
        try await store.keep([changed, next])
        #expect(try await Set(store.graphs()) == [first, other, next])
        try await backend.end(.clean)
    }
}
