import ChannelSDK
import Synchronization

/// The status graphs that channels have had, by version: only ever added to.
public final class GraphArchive: Sendable {
    struct Key: Hashable {
        let channel: String
        let version: Int
    }

    private struct State {
        var orders: [Key: StatusOrder] = [:]
        var newest: [String: StatusOrder] = [:]
        /// Asked for and not in the store either: such deliveries are older than the keeping of graphs.
        var unknown: Set<Key> = []
    }

    private let state = Mutex(State())

    public init(_ graphs: [StoredGraph] = []) { add(graphs) }

    public func add(_ graphs: [StoredGraph]) {
        state.withLock { state in
            for graph in graphs {
                state.orders[Key(channel: graph.channel, version: graph.order.version)] = graph.order
                let newest = state.newest[graph.channel]?.version ?? .min
                if graph.order.version >= newest { state.newest[graph.channel] = graph.order }
            }
        }
    }

    var orders: [StatusOrder] { state.withLock { Array($0.orders.values) } }

    var channels: Set<String> { state.withLock { Set($0.newest.keys) } }

    /// - Parameter version: 0 is the newest.
    func order(of channel: String, version: Int) -> StatusOrder? {
        state.withLock { state in
            version == 0 ? state.newest[channel] : state.orders[Key(channel: channel, version: version)]
        }
    }

    /// True for what is not here, and may be in the store.
    func lacks(_ key: Key) -> Bool { state.withLock { $0.orders[key] == nil && !$0.unknown.contains(key) } }

    /// Takes in what the store has, having been asked for `missing`, which it need not have.
    func add(_ graphs: [StoredGraph], missing: Set<Key>) {
        add(graphs)
        state.withLock { $0.unknown.formUnion(missing) }
    }
}
