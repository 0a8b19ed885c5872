import ChannelSDK
import ConfigurationFile
import Pipeline

/// Sees to it that every version of a channel's status graph is one and the same for ever: deliveries are judged by the
/// version that they were made under.
struct GraphKeeper: Sendable {
    let store: any GraphStore

    /// Keeps the channels' graphs in the store, unless one is not what it was.
    /// - Returns: all graphs that channels have or have had; with refusals nothing was kept.
    func keep(_ checked: CheckedConfiguration) async throws(StoreError) -> (
        graphs: [StoredGraph], refusals: [Diagnostic]
    ) {
        let wanted = checked.channels.sorted { $0.key < $1.key }.map { name, entry in
            StoredGraph(channel: name, module: entry.module, order: entry.law.order)
        }
        let refusals = Self.refusals(of: wanted, besides: try await store.graphs(), checked.loaded)
        guard refusals.isEmpty else { return ([], refusals) }
        try await store.keep(wanted)
        // Another replica may have been faster.
        let kept = try await store.graphs()
        return (kept, Self.refusals(of: wanted, besides: kept, checked.loaded))
    }

    static func refusals(
        of wanted: [StoredGraph], besides known: [StoredGraph], _ loaded: LoadedConfiguration
    ) -> [Diagnostic] {
        wanted.compactMap { graph in
            let former = known.first { $0.channel == graph.channel && $0.order.version == graph.order.version }
            guard let former, !former.judgesLike(graph) else { return nil }
            let version = graph.order.version
            let message =
                former.module == graph.module
                ? "module '\(graph.module)' has other statuses than before under the same version, \(version): deliveries of "
                    + "channel '\(graph.channel)' were made under that; raise the version of the module's statuses"
                : "channel '\(graph.channel)' was of module '\(former.module)', and version \(version) of its statuses is not "
                    + "that of module '\(graph.module)': give the new channel another name"
            return loaded.diagnostic(message, at: "channels.\(graph.channel).module")
        }
    }
}
