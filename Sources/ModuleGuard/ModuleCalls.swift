internal import ChannelSDK
internal import Logging
internal import Synchronization

/// The calls into one instance of a module. Those that must return at once have other threads than those that may take
/// their time.
final class ModuleCalls: Sendable {
    /// What deliveries and questions take at most by themselves, so that they don't gather without end: more than any
    /// channel has places.
    private static let mostRunning = 16_384
    let bounds: ModuleBounds
    /// For what must return at once.
    let quick: ModuleThreads
    private let slow: ModuleThreads
    private let running = Atomic(0)
    private let logger: Logger

    init(_ bounds: ModuleBounds, patience: ModuleThreads.Patience, logger: Logger) {
        self.bounds = bounds
        self.logger = logger
        quick = ModuleThreads(patience: patience)
        // A delivery that blocks its thread for as long as it is given is no fault.
        slow = ModuleThreads(patience: patience, lostAfter: patience.looks * 100)
    }

    /// One hop for all of them. The one that does not return is `overdue`, and the rest go on on another thread; while no
    /// thread comes back they are `notBegun`.
    func each<Item: Sendable, Value: Sendable>(
        _ name: StaticString, of items: [Item], overdue: Value, notBegun: Value,
        _ body: @escaping @Sendable (Item) -> Value
    ) async -> [Value] {
        var values: [Value] = []
        while values.count < items.count {
            let (done, ending) = await some(name, of: items[values.count...], while: { true }, body)
            if values.isEmpty { values = done } else { values += done }
            switch ending {
            case .value: continue
            case .overdue: values.append(overdue)
            case .notBegun where quick.isStuck:
                values += Array(repeating: notBegun, count: items.count - values.count)
            case .notBegun: continue
            }
        }
        return values
    }

    /// Goes through `items` until `goesOn` says no; the first is not asked about.
    /// - Returns: what is done, and how it ended: ``ModuleThreads/Ending/overdue`` is said of the next.
    func some<Item: Sendable, Value: Sendable>(
        _ name: StaticString, of items: ArraySlice<Item>, while goesOn: @escaping @Sendable () -> Bool,
        _ body: @escaping @Sendable (Item) -> Value
    ) async -> (done: [Value], ending: ModuleThreads.Ending<Void>) {
        let progress = Progress<Value>(items.count)
        let ending = await quick.call { turn in
            var last: Value?
            for item in items {
                guard progress.goOn(after: last, stop: last != nil && !goesOn()) else { return }
                if last != nil { turn.renew() }
                last = body(item)
            }
            _ = progress.goOn(after: last, stop: true)
        }
        let (done, isAtOne) = progress.close()
        if case .value = ending { return (done, ending) }
        guard isAtOne else { return (done, .notBegun) }
        complain(name)
        return (done, .overdue)
    }

    /// For who may block. Nil: it did not return.
    func wait<Value: Sendable>(
        _ name: StaticString, within limit: Duration? = nil, _ body: @escaping @Sendable () -> Value
    ) -> Value? {
        let ending = quick.callAndWait(within: limit) { _ in body() }
        if case .overdue = ending { complain(name) }
        return ending.value
    }

    /// Calls that are made together; nil: it did not return.
    /// - Returns: as ``ModuleThreads/calls(_:within:_:ended:)``.
    func quickCalls<Item: Sendable, Value: Sendable>(
        _ name: StaticString, of items: [Item], within limit: Duration, _ body: @escaping @Sendable (Item) -> Value,
        ended: @escaping @Sendable (Int, Value?) -> Void
    ) async {
        await quick.calls(items.count, within: limit) {
            body(items[$0])
        } ended: { index, ending in
            if case .overdue = ending { self.complain(name) }
            ended(index, ending.value)
        }
    }

    /// The same, of calls that may wait for others.
    func quickTasks<Item: Sendable, Value: Sendable>(
        _ name: StaticString, of items: [Item], within limit: Duration,
        _ body: @escaping @Sendable (Item) async -> Value, ended: @escaping @Sendable (Int, Value?) -> Void
    ) async {
        await quick.tasks(items.count, within: limit) {
            await body(items[$0])
        } ended: { index, ending in
            if case .overdue = ending { self.complain(name) }
            ended(index, ending.value)
        }
    }

    /// A call that may take its time.
    func slowTask<Value: Sendable>(
        within limit: Duration, _ body: @escaping @Sendable () async -> Value
    ) async -> ModuleThreads.Ending<Value> {
        guard running.add(1, ordering: .relaxed).newValue <= Self.mostRunning else {
            running.subtract(1, ordering: .relaxed)
            return .notBegun
        }
        let ending = await slow.task(within: limit) {
            // Whoever waits for it may have given it up long ago.
            defer { self.running.subtract(1, ordering: .relaxed) }
            return await body()
        }
        if case .notBegun = ending { running.subtract(1, ordering: .relaxed) }
        return ending
    }

    private func complain(_ name: StaticString) {
        logger.error(
            "the channel's module does not return from '\(name)': the thread is lost to it until it does",
            metadata: ["isUnavailable": "\(quick.isStuck)"])
    }

    static let unavailable = "the channel's module does not answer: its calls have not returned"
}

extension ModuleThreads.Ending {
    var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }
}

/// How far a call is that goes through several things.
private final class Progress<Value: Sendable>: Sendable {
    private struct State {
        var done: [Value] = []
        var isAtOne = false
        var isClosed = false
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        var done: [Value] = []
        done.reserveCapacity(count)
        state = Mutex(State(done: done))
    }

    /// From the one that ended with `last` to the next; nil: from the beginning.
    /// - Returns: false when there is none, or nobody waits for it any more.
    func goOn(after last: Value?, stop: Bool) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            if let last { state.done.append(last) }
            state.isAtOne = !stop
            return !stop
        }
    }

    func close() -> (done: [Value], isAtOne: Bool) {
        state.withLock { state in
            defer { state.done = [] }
            state.isClosed = true
            return (state.done, state.isAtOne)
        }
    }
}
