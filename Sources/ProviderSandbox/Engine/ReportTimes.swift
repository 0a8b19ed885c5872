import Synchronization

/// When each step of a message's life happened, in milliseconds since 1970: when it was first to be reported. The same
/// report sent again tells the same time.
final class ReportTimes: Sendable {
    private let times = Mutex<[Int: Int64]>([:])

    func of(_ step: Int) -> Int64 {
        times.withLock { times in
            if let time = times[step] { return time }
            let now = CivilTime.now()
            times[step] = now
            return now
        }
    }
}
