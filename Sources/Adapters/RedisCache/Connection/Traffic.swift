import Synchronization

/// How much went over a connection: what batching saves is the difference.
final class Traffic: Sendable {
    struct Count: Hashable {
        var commands = 0
        /// Batches, each of which is one round trip.
        var roundTrips = 0
    }

    private let state = Mutex(Count())

    var current: Count { state.withLock { $0 } }

    func count(_ batch: [Submission]) {
        state.withLock { count in
            count.roundTrips += 1
            count.commands += batch.reduce(0) { $0 + $1.commands.count }
        }
    }
}
