internal import Dispatch
internal import Foundation
internal import Synchronization

/// Threads for the code of one channel's module: code that blocks or never ends takes none that others need.
final class ModuleThreads: TaskExecutor {
    /// How long a call may take. Looks of the watch are counted, and not the time: a process that was stopped for a while
    /// did not hang.
    struct Patience: Sendable {
        var period = Duration.milliseconds(250)
        /// What a call may live to see that is given no limit of its own.
        var looks = 12

        func looks(in limit: Duration) -> Int { max(1, Int((limit / period).rounded(.up))) }
    }

    enum Work {
        case job(UnownedJob)
        case call(@Sendable (_ seat: Int) -> Void)
    }

    struct State {
        private var queue: [Work] = []
        private var head = 0
        var threads = 0
        /// Threads that wait for work, or have been woken and not come to it yet.
        var idle = 0
        /// Threads that are putting in what they will come to next.
        var gathering = 0
        var lastSeat = 0
        /// The looks that each thread's present work has lived to see.
        var busy: [Int: Int] = [:]
        /// Those that nobody has given up.
        var calls: [UInt64: Call] = [:]
        var lastCall: UInt64 = 0
        var isWatched = false
        /// How often in a row the watch has seen nothing.
        var idleLooks = 0

        var waiting: Int { queue.count - head }

        mutating func put(_ work: Work) { queue.append(work) }

        mutating func next() -> Work? {
            guard head < queue.count else { return nil }
            let work = queue[head]
            head += 1
            if head == queue.count || head == 1024 {
                queue.removeFirst(head)
                head = 0
            }
            return work
        }
    }

    static let limit = 4
    private static let idleLooks = 40
    private static let rest = DispatchTimeInterval.seconds(10)
    let patience: Patience
    /// Looks at a piece of work after which its thread counts as lost.
    private let lostAfter: Int
    let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)

    init(patience: Patience, lostAfter: Int? = nil) {
        self.patience = patience
        self.lostAfter = lostAfter ?? patience.looks
    }

    /// True while no thread comes back: nothing more is begun then.
    var isStuck: Bool { state.withLock { isStuck($0) } }

    func isStuck(_ state: State) -> Bool {
        state.busy.count >= Self.limit && state.busy.values.count { $0 > lostAfter } >= Self.limit
    }

    func enqueue(_ job: consuming ExecutorJob) { put(.job(UnownedJob(job))) }

    func put(_ work: Work) {
        let (wakes, seat, isUnwatched) = state.withLock { state -> (Bool, Int?, Bool) in
            state.put(work)
            let isUnwatched = !state.isWatched
            state.isWatched = true
            state.idleLooks = 0
            guard state.gathering == 0 else { return (false, nil, isUnwatched) }
            let wakes = state.idle > 0
            return (wakes, state.idle < state.waiting ? newSeat(&state) : nil, isUnwatched)
        }
        if wakes { arrivals.signal() }
        if isUnwatched { start("watch") { self.watch() } }
        if let seat { take(seat) }
    }

    /// What is put in by `body`, on one of these threads, wakes no other: it comes next. Should something of it not return,
    /// the watch finds somebody for the rest.
    func gather(_ body: () -> Void) {
        state.withLock { $0.gathering += 1 }
        body()
        state.withLock { $0.gathering -= 1 }
    }

    /// Nil: there are as many threads as there may be.
    private func newSeat(_ state: inout State) -> Int? {
        guard state.threads < Self.limit else { return nil }
        state.threads += 1
        state.lastSeat += 1
        return state.lastSeat
    }

    private func take(_ seat: Int) { start("module") { self.work(seat) } }

    private func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.name = name
        thread.start()
    }

    // MARK: A thread

    private func work(_ seat: Int) {
        while let work = next(seat) {
            switch work {
            case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            case .call(let body): body(seat)
            }
        }
    }

    /// Nil: there was nothing to do for a while.
    private func next(_ seat: Int) -> Work? {
        var (wasIdle, isRested) = (false, false)
        while true {
            let work = state.withLock { state -> Work? in
                if wasIdle { state.idle -= 1 }
                state.busy[seat] = nil
                // Also at the end of a rest: whoever put it there counted on every thread that was idle then.
                if let work = state.next() {
                    state.busy[seat] = 0
                    return work
                }
                if isRested { state.threads -= 1 } else { state.idle += 1 }
                return nil
            }
            if let work { return work }
            if isRested { return nil }
            wasIdle = true
            isRested = arrivals.wait(timeout: .now() + Self.rest) == .timedOut
        }
    }

    // MARK: The watch

    /// Until there was nothing to be seen for a while. On a thread of its own: whoever waits for a call may hold all of
    /// those that tasks run on.
    private func watch() {
        let period = Double(patience.period.components.seconds) + Double(patience.period.components.attoseconds) * 1e-18
        repeat { Thread.sleep(forTimeInterval: period) } while look()
    }

    private func look() -> Bool {
        let (late, wakes, seat, goesOn) = state.withLock { state -> ([Call], Bool, Int?, Bool) in
            for seat in state.busy.keys { state.busy[seat]? += 1 }
            var late: [Call] = []
            for id in state.calls.keys {
                state.calls[id]?.seen += 1
                guard let call = state.calls[id], call.seen > call.looks else { continue }
                late.append(call)
                state.calls[id] = nil
            }
            let isIdle = state.calls.isEmpty && state.busy.isEmpty && state.waiting == 0
            state.idleLooks = isIdle ? state.idleLooks + 1 : 0
            state.isWatched = state.idleLooks < Self.idleLooks
            // Whoever was to come to it may not have returned from something else.
            let isLeft = state.waiting > 0
            let wakes = isLeft && state.idle > 0
            return (late, wakes, isLeft && !wakes ? newSeat(&state) : nil, state.isWatched)
        }
        if wakes { arrivals.signal() }
        if let seat { take(seat) }
        for call in late { call.giveUp(call.hasBegun) }
        return goesOn
    }
}
