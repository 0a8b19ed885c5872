import ChannelSDK
import Synchronization

/// Keeps the current ``ChannelTable``, and the dispatchers at work: those of the table, and those of channels that are
/// gone until what they have in flight has ended.
final class ChannelBoard: Sendable {
    private struct State {
        var table: ChannelTable
        var leaving: [ChannelDispatcher] = []
        var running: [ObjectIdentifier: Task<Void, Never>] = [:]
        var isSending = false
        var isStopped = false
        var restoration: Restoration?
    }

    private let state: Mutex<State>
    private let stopped = LogSignal()

    init(_ table: ChannelTable) { state = Mutex(State(table: table)) }

    var table: ChannelTable { state.withLock { $0.table } }

    /// All that may have something in flight.
    var dispatchers: [ChannelDispatcher] { state.withLock { Array($0.table.dispatchers.values) + $0.leaving } }

    /// Puts `table` in the place of the current one. Dispatchers that it has no more claim nothing from now on.
    /// - Returns: false once everything is stopped: nothing has changed then.
    func change(to table: ChannelTable) -> Bool {
        let leaving = state.withLock { state -> [ChannelDispatcher]? in
            guard !state.isStopped else { return nil }
            let staying = Set(table.dispatchers.values.map { ObjectIdentifier($0) })
            let leaving = state.table.dispatchers.values.filter { !staying.contains(ObjectIdentifier($0)) }
            state.table = table
            if state.isSending {
                // One that is not running has nothing in flight.
                state.leaving += leaving
                start(table, &state)
            }
            return leaving
        }
        for dispatcher in leaving ?? [] { dispatcher.stop() }
        return leaving != nil
    }

    // MARK: Life

    /// To be told before ``run()``: what fell due before the store was restored is not simply sent.
    func begin(after restoration: Restoration?) { state.withLock { $0.restoration = restoration } }

    /// Runs the dispatchers until ``stop()``, whether or not its task is cancelled, and until every attempt under way has
    /// ended and is durable.
    func run() async {
        state.withLock { state in
            state.isSending = !state.isStopped
            if state.isSending { start(state.table, &state) }
        }
        await stopped.wait(past: 0, heedsCancellation: false)
        for task in state.withLock({ Array($0.running.values) }) { await task.value }
    }

    /// Claims nothing more, and stays with the table as it is.
    func stop() {
        let dispatchers = state.withLock { state in
            state.isStopped = true
            return Array(state.table.dispatchers.values) + state.leaving
        }
        for dispatcher in dispatchers { dispatcher.stop() }
        stopped.raise()
    }

    func tick() { for dispatcher in dispatchers { dispatcher.tick() } }

    private func start(_ table: ChannelTable, _ state: inout State) {
        for dispatcher in table.dispatchers.values where state.running[ObjectIdentifier(dispatcher)] == nil {
            dispatcher.begin(after: state.restoration)
            state.running[ObjectIdentifier(dispatcher)] = Task {
                await dispatcher.run()
                self.forget(dispatcher)
            }
        }
    }

    private func forget(_ dispatcher: ChannelDispatcher) {
        state.withLock { state in
            state.running[ObjectIdentifier(dispatcher)] = nil
            state.leaving.removeAll { $0 === dispatcher }
        }
    }
}
