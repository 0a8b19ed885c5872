import ChannelSDK
import Logging

/// Removes notifications that are settled and old. Several replicas may do so at once: each passes over what another
/// has under way.
struct Retention: Sendable {
    let store: any RetentionStore
    let clock: any WallClock
    let configuration: RetentionPace.Configuration
    let logger: Logger
    /// Waits; throws when it is cancelled.
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// Runs until it is cancelled.
    func run() async {
        var pace = RetentionPace(configuration)
        while !Task.isCancelled {
            let (wait, sweptAway) = pace.handle(await step(pace))
            if let sweptAway, sweptAway > 0 {
                logger.info("removed settled notifications that were old enough", metadata: ["count": "\(sweptAway)"])
            }
            guard (try? await sleep(wait)) != nil else { return }
        }
    }

    private func step(_ pace: RetentionPace) async -> RetentionPace.Outcome {
        let start = ContinuousClock.now
        do throws(StoreError) {
            let step = try await store.removeSettled(
                before: pace.moment(at: clock.now()), after: pace.cursor, limit: configuration.batch)
            return .removed(step, took: .now - start)
        } catch {
            logger.warning("old notifications could not be removed; trying again", metadata: ["error": "\(error)"])
            return .failed
        }
    }
}
