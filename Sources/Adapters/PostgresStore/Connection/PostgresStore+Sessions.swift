import ChannelSDK
public import Pipeline

extension PostgresStore {
    /// Ends sessions of replicas that stand still in the middle of a transaction, whose locks keep everybody else
    /// waiting.
    ///
    /// A process that is frozen while it sends has begun a transaction on the server, which has no time limit for the rest
    /// of a pipeline: none of its statements is late, and the connection is in order. Whoever lives gives up before its own
    /// timeout is over; so what waits for its client longer has nobody who will ever use the answer.
    /// - Returns: how many there were.
    public func endAbandonedSessions() async throws(StoreError) -> Int {
        let end = Self.endAbandoned {
            $0.add(Configuration.storeName)
            $0.add((configuration.statementTimeout + Self.abandonedAfter).wholeMilliseconds)
        }
        return try await perform([end]) { $0[0].int(0, 0) }
    }

    /// Beyond the timeout and the client's grace.
    private static let abandonedAfter = Duration.seconds(2)

    /// `state_change` is when the statement began, or the session became idle in its transaction.
    private static let endAbandoned = Statement(
        "end_abandoned",
        """
        SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = $1::text AND usename = current_user AND datname = current_database()
          AND pid <> pg_backend_pid() AND state <> 'idle' AND wait_event IN ('ClientRead', 'ClientWrite')
          AND state_change < clock_timestamp() - $2::int8 * interval '1 millisecond'
        """)
}
