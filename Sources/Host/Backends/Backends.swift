import API
import Accounts
import ChannelSDK
import Pipeline

/// The log and the store behind their ports, whichever they are: opened together, looked after and closed together.
struct Backends: Sendable {
    let log: any EventLog
    let store: any NotificationStore
    let accounts: any AccountStore
    /// True when other replicas work on the same log and store.
    let areShared: Bool
    /// Deletes what nobody needs any more; to be called every few seconds.
    let maintain: @Sendable () async throws -> Void
    let close: @Sendable () async -> Void
    /// What the log and the store count of themselves.
    let samples: @Sendable () -> [MetricSample]

    var checks: [APIHealth.Check] {
        [
            .init("store") { await trouble { try await store.projectedOffsets() } },
            .init("log") { await trouble { try await log.endOffset(of: .notificationRequested, partition: 0) } },
        ]
    }
}

/// Why the backends could not be opened; for the operator.
struct BackendsRefusal: Error, CustomStringConvertible {
    let description: String
}
