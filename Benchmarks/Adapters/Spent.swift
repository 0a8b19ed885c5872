import Glibc

/// What it took to do something with so many items.
struct Spent {
    let items: Int
    let time: Duration
    /// Of this process, all threads, and of the programs that it waited for.
    let processor: Duration

    /// Items a second.
    var rate: Double { Double(items) / (time / .seconds(1)) }

    /// Of processor time, for each item.
    var microseconds: Double { processor / .microseconds(1) / Double(items) }

    /// The same, told by parts: each item was so many.
    func each(_ parts: Int) -> Spent { Spent(items: items * parts, time: time, processor: processor) }

    static func measure(_ items: Int, _ work: () throws -> Void) rethrows -> Spent {
        let watch = Stopwatch()
        try work()
        return watch.spent(on: items)
    }

    static func measure(
        _ items: Int, isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> Void
    ) async rethrows -> Spent {
        let watch = Stopwatch()
        try await work()
        return watch.spent(on: items)
    }
}

struct Stopwatch {
    private let start = ContinuousClock.now
    private let processor = Self.processorTime

    func spent(on items: Int) -> Spent {
        Spent(items: items, time: .now - start, processor: Self.processorTime - processor)
    }

    private static var processorTime: Duration {
        var total = Duration.zero
        for whose in [RUSAGE_SELF.rawValue, RUSAGE_CHILDREN.rawValue] {
            var usage = rusage()
            getrusage(__rusage_who_t(whose), &usage)
            for part in [usage.ru_utime, usage.ru_stime] {
                total += .seconds(part.tv_sec) + .microseconds(part.tv_usec)
            }
        }
        return total
    }
}
