/// Remembers how runs ended and which record a run was at, so that a record that kills runs is found.
public protocol RunStore: Sendable {
    /// Notes that a run begins. True when the one before it ended cleanly (or there was none).
    func beginRun() async throws(StoreError) -> Bool
    /// Notes a clean end.
    func endRun() async throws(StoreError)
    /// Notes, durably, that this run is about to process one record; returns how many runs have been at it, this one
    /// included.
    func beginRecord(_ stage: Stage, at position: LogPosition) async throws(StoreError) -> Int
    /// The last time that the store was restored from a backup; nil: never.
    func restoration() async throws(StoreError) -> Restoration?
}
