import Synchronization

/// Lends connections, each to one caller at a time, in the order of asking.
final class ConnectionPool: Sendable {
    private struct State {
        var idle: [PostgresConnection]
        var waiting: [CheckedContinuation<PostgresConnection?, Never>] = []
        var isClosed = false
    }

    private let state: Mutex<State>

    init(_ configuration: PostgresStore.Configuration) {
        state = Mutex(State(idle: (0..<configuration.poolSize).map { _ in PostgresConnection(configuration) }))
    }

    func run<Result: Sendable>(
        _ body: @Sendable (Session) throws(PostgresFailure) -> Result
    ) async throws(PostgresFailure) -> Result {
        guard let connection = await borrow() else { throw .connection("the store is closed") }
        do throws(PostgresFailure) {
            let result = try await connection.run(body)
            await giveBack(connection)
            return result
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Refuses new callers and those that wait, and closes connections as they come back.
    func close() async {
        let (idle, waiting) = state.withLock { state in
            state.isClosed = true
            defer { (state.idle, state.waiting) = ([], []) }
            return (state.idle, state.waiting)
        }
        for caller in waiting { caller.resume(returning: nil) }
        for connection in idle { await connection.close() }
    }

    private func borrow() async -> PostgresConnection? {
        await withCheckedContinuation { continuation in
            let answer: PostgresConnection?? = state.withLock { state in
                if state.isClosed { return .some(nil) }
                // The one used last: its caches are warm.
                if let connection = state.idle.popLast() { return connection }
                state.waiting.append(continuation)
                return .none
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func giveBack(_ connection: PostgresConnection) async {
        let (next, isClosed) = state.withLock { state in
            if state.isClosed { return (CheckedContinuation<PostgresConnection?, Never>?.none, true) }
            if !state.waiting.isEmpty { return (state.waiting.removeFirst(), false) }
            state.idle.append(connection)
            return (nil, false)
        }
        next?.resume(returning: connection)
        if isClosed { await connection.close() }
    }
}
