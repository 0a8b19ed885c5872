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
        await quick.allCalls(items.count) {
            body(items[$0])
        } otherwise: { hasBegun in
            if hasBegun { self.complain(name) }
            return hasBegun ? overdue : notBegun
        }
    }

    /// For who may block. Nil: it did not return.
    func wait<Value: Sendable>(
        _ name: StaticString, within limit: Duration? = nil, _ body: @escaping @Sendable () -> Value
    ) -> Value? {
        let ending = quick.callAndWait(within: limit, body)
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
