internal import Dispatch
internal import Synchronization

/// Calls that hold their thread. They come in lots: one thread is woken for all of a lot, and takes a lock once for each.
/// Every call ends in time, with the module's answer or without; where one does not return, the watch finds another thread
/// for the rest.
extension ModuleThreads {
    /// Calls that are made together, in the order of their numbers, by one thread as long as they return.
    final class Lot: Sendable {
        let count: Int
        /// What each call may live to see of the watch, from its beginning.
        let looks: Int
        /// Its calls wait to begin until no thread comes back, and not only for as long as each may take.
        let isPatient: Bool
        private let body: @Sendable (_ seat: Int) -> Void
        let giveUp: @Sendable (_ number: Int, _ hasBegun: Bool) -> Void
        /// None is left to begin.
        let isOver: @Sendable () -> Void

        fileprivate init(
            count: Int, looks: Int, isPatient: Bool, body: @escaping @Sendable (_ seat: Int) -> Void,
            giveUp: @escaping @Sendable (Int, Bool) -> Void, isOver: @escaping @Sendable () -> Void
        ) {
            (self.count, self.looks, self.isPatient) = (count, looks, isPatient)
            (self.body, self.giveUp, self.isOver) = (body, giveUp, isOver)
        }

        /// Goes through what is left of it.
        func work(on seat: Int) { body(seat) }
    }

    /// `ended` is told of each by its number.
    /// - Parameter limit: of each, from its beginning; none begins later than that.
    /// - Returns: when all have ended but those that hold the thread that they came to.
    func calls<Value: Sendable>(
        _ count: Int, within limit: Duration, _ body: @escaping @Sendable (Int) -> Value,
        ended: @escaping @Sendable (Int, Ending<Value>) -> Void
    ) async {
        await withCheckedContinuation { continuation in
            calls(count, looks: patience.looks(in: limit), body, ended: ended) {
                continuation.resume()
            }
        }
    }

    /// All of them, however long they take together.
    /// - Parameter otherwise: what stands for the answer of one that is overdue, or has not begun.
    func allCalls<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) -> Value,
        otherwise: @escaping @Sendable (_ hasBegun: Bool) -> Value
    ) async -> [Value] {
        guard count > 0 else { return [] }
        return await withCheckedContinuation { continuation in
            let values = Values(count, otherwise(false))
            calls(count, looks: patience.looks, isPatient: true, body) { number, ending in
                let value =
                    switch ending {
                    case .value(let value): value
                    case .overdue: otherwise(true)
                    case .notBegun: otherwise(false)
                    }
                if let all = values.put(value, number) { continuation.resume(returning: all) }
            } isOver: {
            }
        }
    }

    /// One, for who may block.
    func callAndWait<Value: Sendable>(
        within limit: Duration? = nil, _ body: @escaping @Sendable () -> Value
    ) -> Ending<Value> {
        let answer = Answer<Value>()
        let looks = limit.map { patience.looks(in: $0) } ?? patience.looks
        calls(1, looks: looks, { _ in body() }, ended: { answer.put($1) }, isOver: {})
        return answer.wait()
    }

    /// - Parameter isOver: is called once, when all have ended but those that hold the thread that they came to.
    func calls<Value: Sendable>(
        _ count: Int, looks: Int, isPatient: Bool = false, _ body: @escaping @Sendable (Int) -> Value,
        ended: @escaping @Sendable (Int, Ending<Value>) -> Void, isOver: @escaping @Sendable () -> Void
    ) {
        let lot = Lot(count: count, looks: looks, isPatient: isPatient) { seat in
            var last: (number: Int, value: Value)?
            while true {
                let step = self.state.withLock { $0.step(seat) }
                if let last, step.isAwaited { ended(last.number, .value(last.value)) }
                guard let number = step.next else {
                    if step.isOver { isOver() }
                    return
                }
                last = (number, body(number))
            }
        } giveUp: {
            ended($0, $1 ? .overdue : .notBegun)
        } isOver: {
            isOver()
        }
        guard !put(.lot(Rest(lot: lot)), unlessStuck: true) else { return }
        for number in 0..<count { ended(number, .notBegun) }
        isOver()
    }
}

extension ModuleThreads.State {
    fileprivate struct Step {
        /// Of the last call: nobody has given it up.
        let isAwaited: Bool
        /// Nil: there is none, or another thread has it.
        let next: Int?
        let isOver: Bool
    }

    /// From one call of a lot to the next.
    fileprivate mutating func step(_ seat: Int) -> Step {
        let present = busy[seat]
        var next = ModuleThreads.Occupation()
        defer { busy[seat] = next }
        let isAwaited = present?.call != nil
        guard var rest = present?.rest else { return Step(isAwaited: isAwaited, next: nil, isOver: false) }
        guard !rest.isEmpty else { return Step(isAwaited: isAwaited, next: nil, isOver: true) }
        next.call = (rest.lot, rest.first)
        rest.first += 1
        next.rest = rest
        return Step(isAwaited: isAwaited, next: rest.first - 1, isOver: false)
    }
}

/// The answers to the calls of a lot, until all have ended.
private final class Values<Value: Sendable>: Sendable {
    private let state: Mutex<(values: [Value], missing: Int)>

    init(_ count: Int, _ placeholder: Value) { state = Mutex((Array(repeating: placeholder, count: count), count)) }

    /// - Returns: all of them, with the last.
    func put(_ value: Value, _ number: Int) -> [Value]? {
        state.withLock { state in
            state.values[number] = value
            state.missing -= 1
            guard state.missing == 0 else { return nil }
            defer { state.values = [] }
            return state.values
        }
    }
}

/// Where somebody waits who may block.
private final class Answer<Value: Sendable>: Sendable {
    private let ending = Mutex<ModuleThreads.Ending<Value>>(.notBegun)
    private let isThere = DispatchSemaphore(value: 0)

    func put(_ ending: ModuleThreads.Ending<Value>) {
        self.ending.withLock { $0 = ending }
        isThere.signal()
    }

    func wait() -> ModuleThreads.Ending<Value> {
        isThere.wait()
        return ending.withLock { $0 }
    }
}
