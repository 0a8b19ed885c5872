import ChannelSDK
import Logging

/// After a restore beside a log that is newer than the store: until every stage has worked once more what the log had by
/// then, nothing is sent, for opting out and cancelling may be among it.
struct Replay: Sendable {
    let log: any EventLog
    /// When the store was restored.
    let restoredAt: Timestamp
    let logger: Logger

    /// Committed offsets can only be asked for again: the broker tells nobody that a group has moved.
    private static var period: Duration { .milliseconds(500) }

    /// Returns when there is nothing left, or when the task is cancelled.
    func finish() async {
        var turns = 0
        while !Task.isCancelled {
            do {
                let left = try await left()
                guard left > 0 else {
                    if turns > 0 { logger.notice("the log is worked again up to the restore: sending begins") }
                    return
                }
                if turns.isMultiple(of: 60) {
                    logger.notice(
                        "nothing is sent until the log is worked again up to the restore",
                        metadata: ["records": "\(left)"])
                }
            } catch {
                logger.warning("can't tell how much of the log is to be worked again", metadata: ["error": "\(error)"])
            }
            turns += 1
            try? await Task.sleep(for: Self.period)
        }
    }

    private func left() async throws -> Int64 {
        var left: Int64 = 0
        // Callbacks decide nothing about what is sent, and nobody may be reading for them.
        for stage in Stage.allCases where stage != .callbacks {
            left += try await log.replayLeft(for: stage, restoredAt: restoredAt)
        }
        return left
    }
}
