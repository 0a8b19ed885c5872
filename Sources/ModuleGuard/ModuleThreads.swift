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

    enum Ending<Value: Sendable>: Sendable {
        case value(Value)
        /// It has begun and not ended: its thread is lost until it does.
        case overdue
        /// No thread came to it, and none will any more.
        case notBegun
    }

    enum Work {
        case job(UnownedJob)
        case lot(Rest)
    }

    /// What of a lot nobody has begun.
    struct Rest {
        let lot: Lot
        var first = 0
        /// The looks that it has lived to see.
        var seen = 0

        var isEmpty: Bool { first == lot.count }

        /// Whoever asked does not wait any longer for what has not begun.
        var isLate: Bool { !lot.isPatient && seen > lot.looks }
    }

    /// What a thread is at.
    struct Occupation {
        /// That its present piece of work has lived to see.
        var looks = 0
        /// Nil: it is none, or has been given up.
        var call: (lot: Lot, number: Int)?
        /// What comes next, if the present call returns soon.
        var rest: Rest?
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
        var busy: [Int: Occupation] = [:]
        /// Those that nobody has given up.
        var tasks: [UInt64: RunningTask] = [:]
        var lastTask: UInt64 = 0
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

        /// Takes away the lots that wait and have been given up by `isLate`.
        mutating func dropRests(_ isLate: (inout Rest) -> Bool) -> [Rest] {
            var late: [Rest] = []
            let kept = queue[head...].compactMap { work -> Work? in
                guard case .lot(var rest) = work else { return work }
                if isLate(&rest) {
                    late.append(rest)
                    return nil
                }
                return .lot(rest)
            }
            (queue, head) = (kept, 0)
            return late
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
        state.busy.count >= Self.limit && state.busy.values.count { $0.looks > lostAfter } >= Self.limit
    }

    func enqueue(_ job: consuming ExecutorJob) { put(.job(UnownedJob(job))) }

    /// - Returns: false when no thread would come to it, and that was asked.
    @discardableResult
    func put(_ work: Work, unlessStuck: Bool = false) -> Bool {
        let needs = state.withLock { state -> (wake: Bool, seat: Int?, watch: Bool)? in
            guard !unlessStuck || !isStuck(state) else { return nil }
            state.put(work)
            let isUnwatched = !state.isWatched
            state.isWatched = true
            state.idleLooks = 0
            guard state.gathering == 0 else { return (false, nil, isUnwatched) }
            let wakes = state.idle > 0
            return (wakes, state.idle < state.waiting ? newSeat(&state) : nil, isUnwatched)
        }
        guard let needs else { return false }
        if needs.wake { arrivals.signal() }
        if needs.watch { start("watch") { self.watch() } }
        if let seat = needs.seat { take(seat) }
        return true
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
            case .lot(let rest): rest.lot.work(on: seat)
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
                    var occupation = Occupation()
                    if case .lot(let rest) = work { occupation.rest = rest }
                    state.busy[seat] = occupation
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
        let sight = state.withLock { look(&$0) }
        if sight.wakes { arrivals.signal() }
        if let seat = sight.seat { take(seat) }
        for call in sight.calls { call.lot.giveUp(call.number, true) }
        for rest in sight.rests {
            for number in rest.first..<rest.lot.count { rest.lot.giveUp(number, false) }
            rest.lot.isOver()
        }
        for task in sight.tasks { task.giveUp(task.hasBegun) }
        return sight.goesOn
    }

    /// What the watch has to tell, and to do.
    private struct Sight {
        var calls: [(lot: Lot, number: Int)] = []
        var rests: [Rest] = []
        var tasks: [RunningTask] = []
        var wakes = false
        var seat: Int?
        var goesOn = true
    }

    private func look(_ state: inout State) -> Sight {
        var sight = Sight()
        for (seat, var occupation) in state.busy {
            occupation.looks += 1
            if let call = occupation.call, occupation.looks > call.lot.looks {
                sight.calls.append(call)
                occupation.call = nil
            }
            if var rest = occupation.rest {
                occupation.rest = nil
                if rest.isLate {
                    sight.rests.append(rest)
                } else if occupation.looks > 1 {
                    // Nobody knows whether the present call returns: the rest is for another thread.
                    state.put(.lot(rest))
                } else {
                    rest.seen += 1
                    occupation.rest = rest
                }
            }
            state.busy[seat] = occupation
        }
        let isStuck = isStuck(state)
        sight.rests += state.dropRests { rest in
            rest.seen += 1
            return rest.isLate || rest.lot.isPatient && isStuck
        }
        for id in state.tasks.keys {
            state.tasks[id]?.seen += 1
            guard let task = state.tasks[id], task.seen > task.looks else { continue }
            sight.tasks.append(task)
            state.tasks[id] = nil
        }
        let isIdle = state.tasks.isEmpty && state.busy.isEmpty && state.waiting == 0
        state.idleLooks = isIdle ? state.idleLooks + 1 : 0
        state.isWatched = state.idleLooks < Self.idleLooks
        sight.goesOn = state.isWatched
        // Whoever was to come to it may not have returned from something else.
        sight.wakes = state.waiting > 0 && state.idle > 0
        if state.waiting > 0, !sight.wakes { sight.seat = newSeat(&state) }
        return sight
    }
}
