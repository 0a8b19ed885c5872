import ChannelSDK

/// One place in the pool: a session, made when it is needed and made again after it was lost.
actor PostgresConnection {
    private let executor = ConnectionExecutor()
    private let configuration: PostgresStore.Configuration
    private var session: Session?
    private var failures = 0
    private var retryAt = ContinuousClock.now
    private var lastFailure = PostgresFailure.connection("PostgreSQL is not reachable")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ configuration: PostgresStore.Configuration) { self.configuration = configuration }

    /// Runs `body` with a live session. A transaction that lost a deadlock is tried again; one whose connection was lost
    /// is not, because it may have been committed.
    func run<Result: Sendable>(
        _ body: @Sendable (Session) throws(PostgresFailure) -> Result
    ) throws(PostgresFailure) -> Result {
        for _ in 0..<5 {
            let session = try liveSession()
            do throws(PostgresFailure) {
                return try body(session)
            } catch {
                if case .connection = error { self.session = nil }
                guard error.isWorthRepeating else { throw error }
            }
        }
        throw .connection("transactions on PostgreSQL keep getting in each other's way")
    }

    func close() { session = nil }

    private func liveSession() throws(PostgresFailure) -> Session {
        if let session, session.isAlive() { return session }
        session = nil
        guard ContinuousClock.now >= retryAt else { throw lastFailure }
        do throws(PostgresFailure) {
            let made = try Session(configuration)
            session = made
            failures = 0
            return made
        } catch {
            let longest = configuration.backoff.upperBound
            let wait = min(longest, configuration.backoff.lowerBound * (1 << min(failures, 10)))
            // Spread, so that replicas do not come back all at once.
            retryAt = .now + wait * Double.random(in: 0.5...1)
            failures += 1
            lastFailure = error
            throw error
        }
    }
}
