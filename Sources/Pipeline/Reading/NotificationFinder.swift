public import ChannelSDK

/// Finds notifications so that an accepted id is never said to be unknown.
///
/// The log is the truth and the store follows it: not in the store means unknown only once the store has passed the end
/// that the id's partition had when the question came.
public struct NotificationFinder: Sendable {
    public enum Answer: Sendable {
        case found(NotificationView)
        case unknown
        /// The store is too far behind to tell: ask again.
        case notProjectedYet
    }

    private let log: any EventLog
    private let store: any NotificationStore
    private let progress: ProjectionProgress
    private let patience: Duration

    public init(
        log: any EventLog, store: any NotificationStore, progress: ProjectionProgress,
        patience: Duration = .milliseconds(500)
    ) {
        self.log = log
        self.store = store
        self.progress = progress
        self.patience = patience
    }

    /// - Parameter isVisible: whether the asker may know of the notification. If not, everything is as if there were
    ///   none, the time that it takes included.
    public func find(
        _ id: NotificationID, where isVisible: @Sendable (NotificationView) -> Bool = { _ in true }
    ) async throws -> Answer {
        if let view = try await store.notification(id), isVisible(view) { return .found(view) }
        let partition = log.partition(of: id, in: .notificationRequested)
        let end = try await log.endOffset(of: .notificationRequested, partition: partition)
        guard await progress.reaches(end, partition: partition, within: patience) else { return .notProjectedYet }
        guard let view = try await store.notification(id), isVisible(view) else { return .unknown }
        return .found(view)
    }
}
