import ChannelSDK
import CoreMetrics

extension NotificationPipeline {
    /// The channels' laws as they are now.
    public var laws: LawBook { board.table.laws }

    public var dispatchers: [String: ChannelDispatcher] { board.table.dispatchers }

    /// Why a channel sends nothing just now; nil: nothing stands in the way.
    public func obstacle(of channel: String) -> Waiting? {
        guard let dispatcher = dispatchers[channel] else { return Waiting(.channelRemoved, until: nil) }
        return dispatcher.obstacle
    }

    /// Goes on with these channels, while everything runs.
    ///
    /// An entry of the same ``ChannelEntry/revision`` as before leaves its channel untouched. One that has another gives
    /// its channel other settings: what is in flight ends as it began, what is claimed from now on is sent by the new
    /// ones. Of a channel that is gone, what is in flight ends and is recorded; what waits goes on waiting in the store.
    /// To be called by one at a time.
    /// - Parameter graphs: every one that channels have had, those of `channels` included.
    /// - Returns: false when the pipeline is stopping: nothing has changed then.
    public func change(to channels: [String: ChannelEntry], graphs: [StoredGraph]) -> Bool {
        let table = board.table
        // What is in flight of a channel that goes is judged when it ends.
        let current = table.entries.map { name, entry in
            StoredGraph(channel: name, module: entry.module, order: entry.law.order)
        }
        table.laws.archive.add(current + graphs)
        let dispatchers = channels.mapValues { entry in
            table.dispatchers[entry.host.channel] ?? ChannelDispatcher(parts(entry))
        }
        let next = ChannelTable(
            channels, dispatchers: dispatchers, archive: table.laws.archive, after: table.former(with: channels),
            factory)
        guard board.change(to: next) else { return false }
        for (name, entry) in channels {
            guard let former = table.entries[name], former.revision != entry.revision else { continue }
            dispatchers[name]?.change(to: parts(entry))
        }
        return true
    }

    private func parts(_ entry: ChannelEntry) -> ChannelDispatcher.Parts {
        .init(entry, store: store, log: log, lease: lease, factory)
    }
}

extension ChannelDispatcher.Parts {
    init(
        _ entry: NotificationPipeline.ChannelEntry, store: any NotificationStore, log: any EventLog,
        lease: OwnerLease, _ factory: any MetricsFactory
    ) {
        self.init(
            client: entry.channel.delivery, host: entry.host, configuration: entry.dispatch, limits: entry.limits,
            timeout: entry.timeout, optOutList: entry.optOutList, store: store, log: log, lease: lease,
            metrics: DispatchMetrics(channel: entry.host.channel, factory))
        providerRevision = entry.providerRevision
    }
}
