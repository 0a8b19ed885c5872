import ChannelSDK
import CoreMetrics

/// The channels as they are for a while, with all that the stages need of them. Never changed: a reload puts another in
/// its place, and a batch that has begun ends with the one that it began with.
final class ChannelTable: Sendable {
    typealias Entries = [String: NotificationPipeline.ChannelEntry]

    /// What is still needed of a channel that is gone: webhooks that were taken for it may not have been read.
    struct Former: Sendable {
        let name: String
        let parser: any WebhookParser
        let optOutList: String
    }

    let entries: Entries
    let dispatchers: [String: ChannelDispatcher]
    let laws: LawBook
    let parsers: [String: any WebhookParser]
    /// Those of them that are asked in another way.
    let isolatedParsers: [String: any IsolatedParser]
    let optOutLists: [String: String]
    let metrics: StageMetrics
    /// How long a report may wait for its delivery to be known.
    let parkedFor: Duration
    private let former: [Former]

    /// More channels than this are not taken out of service while a webhook waits to be read.
    private static let formerLimit = 100

    init(
        _ entries: Entries, dispatchers: [String: ChannelDispatcher], archive: GraphArchive,
        after former: [Former], _ factory: any MetricsFactory
    ) {
        self.entries = entries
        self.dispatchers = dispatchers
        self.former = former
        laws = LawBook(entries.mapValues(\.law), archive: archive)
        let gone = former.map { ($0.name, $0.parser) }
        parsers = entries.mapValues(\.channel.webhooks).merging(gone) { current, _ in current }
        isolatedParsers = parsers.compactMapValues { $0 as? any IsolatedParser }
        optOutLists = entries.mapValues(\.optOutList).merging(former.map { ($0.name, $0.optOutList) }) { current, _ in
            current
        }
        metrics = StageMetrics(channels: entries.mapValues(\.law.order), factory)
        parkedFor = entries.values.map(\.parkedFor).max() ?? .seconds(24 * 3600)
    }

    /// The channels that would be gone with `entries`, and those that are gone already.
    func former(with entries: Entries) -> [Former] {
        let leaving = self.entries.filter { entries[$0.key] == nil }.map { name, entry in
            Former(name: name, parser: entry.channel.webhooks, optOutList: entry.optOutList)
        }
        return (former.filter { old in !leaving.contains { $0.name == old.name } } + leaving).suffix(Self.formerLimit)
    }
}
