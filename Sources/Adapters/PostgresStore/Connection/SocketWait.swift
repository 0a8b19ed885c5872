import Glibc

/// Waits for a socket, blocking the thread.
enum SocketWait {
    /// False at the deadline.
    static func wait(
        _ socket: Int32, _ events: Int32, until deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> Bool {
        while true {
            var entry = pollfd(fd: socket, events: Int16(truncatingIfNeeded: events), revents: 0)
            let left = max(.zero, ContinuousClock.now.duration(to: deadline))
            let ready = poll(&entry, 1, Int32(clamping: (left + .microseconds(999)) / .milliseconds(1)))
            if ready > 0 { return true }
            if ready == 0 { return false }
            guard errno == EINTR else { throw .connection("can't wait for PostgreSQL: error \(errno)") }
        }
    }
}

extension Int32 {
    fileprivate init(clamping milliseconds: Double) { self = milliseconds < 2e9 ? Int32(milliseconds) : .max }
}

/// Pairs of C strings as libpq wants its keywords and values, each list ended by a null.
enum CStrings {
    static func with<Result>(
        _ pairs: [(String, String)],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let keys = pairs.map { strdup($0.0) }
        let values = pairs.map { strdup($0.1) }
        defer { for copy in keys + values { free(copy) } }
        return body(keys.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil])
    }
}
