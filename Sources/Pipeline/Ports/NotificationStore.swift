/// The projection of the log: what is asked by key, and what waits. Every write is one transaction per batch.
///
/// Embedded: SQLite; at scale: PostgreSQL. The port is in parts, one for each stage that uses it.
public typealias NotificationStore = ProjectionStore & DispatchStore & ApplicationStore & CorrelationStore
    & CancellationStore & OptOutStore & NotificationReader & ListingStore & RunStore & RetentionStore & GraphStore

public enum StoreError: Error, Sendable, Hashable {
    /// Not reachable or closing: try again later. The transaction may have been committed.
    case unavailable(String)
    /// Another owner has taken over the partition, or what the caller has at hand is there no longer: nothing was
    /// written. Whoever still owns the partition begins a new epoch and loads anew.
    case fenced
    /// A repeat would fail the same way: a bug, or a damaged file.
    case failed(String)
}
