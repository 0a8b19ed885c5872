internal import Glibc

/// The time of one request, in milliseconds of the monotonic clock. It runs from the submission, so that a caller
/// knows when it will have heard; waiting for other requests to the same origin counts.
struct Deadline {
    private let start: Int
    private let timeout: Int

    init(start: Int, timeout: Duration) {
        self.start = start
        self.timeout = timeout.wholeMilliseconds
    }

    /// A request that waited for half of its time is better given up, certainly unsent, than sent with too little time
    /// left to learn what became of it.
    func isTooLateToStart(now: Int) -> Bool { now - start > timeout / 2 }

    /// The whole timeout unless there was waiting, so that it is the same for one request after another. At least 1:
    /// for libcurl 0 is no limit.
    func remaining(now: Int) -> Int { max(1, timeout - max(0, now - start)) }
}

/// Milliseconds of the monotonic clock.
func monotonicMilliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

extension Duration {
    /// Rounded up, between 1 ms and a day.
    var wholeMilliseconds: Int {
        let day = 86_400
        guard self > .zero else { return 1 }
        guard self < .seconds(day) else { return day * 1000 }
        let (seconds, attoseconds) = components
        return max(1, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }

    /// Rounded up, at least 1 s.
    var wholeSeconds: Int { (wholeMilliseconds + 999) / 1000 }
}
