import CLibpq
import ChannelSDK
import Glibc

/// One libpq connection with what was prepared on it. Non-blocking inside, with a deadline for every wait; to be used
/// on its connection's executor only.
final class Session {
    private let connection: ConnectionHandle
    private var prepared: Set<String> = []
    private let redaction: Redaction
    private let timeout: Duration
    /// How long the client waits beyond the server's own timeout before it takes the server for dead.
    private static let grace = Duration.milliseconds(500)

    /// Connects, blocking.
    init(_ configuration: PostgresStore.Configuration) throws(PostgresFailure) {
        redaction = Redaction(password: configuration.password)
        timeout = configuration.statementTimeout + Self.grace
        connection = try Self.connect(configuration, redaction)
        // Notices would be printed.
        PQsetNoticeProcessor(connection.pointer, { _, _ in }, nil)
        guard PQsetnonblocking(connection.pointer, 1) == 0, PQenterPipelineMode(connection.pointer) == 1 else {
            throw .connection(redaction.message(of: connection.pointer))
        }
        _ = try perform([SessionSetting.statement { SessionSetting.fill(&$0, configuration) }])
    }

    /// False when the server has hung up since the last statement.
    func isAlive() -> Bool {
        // A snapshot that failed half way: not worth tidying up.
        guard PQtransactionStatus(connection.pointer) != PQTRANS_INERROR else { return false }
        while PQstatus(connection.pointer) == CONNECTION_OK {
            // Nobody has asked anything: what can be read is a notice, a last word or the end.
            guard (try? wait(POLLIN, until: .now)) ?? false else { return true }
            guard PQconsumeInput(connection.pointer) == 1 else { return false }
            // Takes in what was read.
            _ = PQisBusy(connection.pointer)
        }
        return false
    }

    /// Carries out all `commands` in one transaction and, mostly, one round trip: one answer for each.
    func perform(_ commands: [Command]) throws(PostgresFailure) -> [Rows] {
        let deadline = ContinuousClock.now + timeout
        var expected: [Answer] = []
        var coming = prepared
        for command in commands {
            if coming.insert(command.statement.name).inserted {
                try check(PQsendPrepare(connection.pointer, command.statement.name, command.statement.sql, 0, nil))
                expected.append(.prepared(command.statement.name))
            }
            try send(command)
            expected.append(.rows)
        }
        try check(PQpipelineSync(connection.pointer))
        return try collect(expected, deadline)
    }

    private enum Answer {
        case prepared(String)
        case rows
    }

    private func collect(_ expected: [Answer], _ deadline: ContinuousClock.Instant) throws(PostgresFailure) -> [Rows] {
        var answers: [Rows] = []
        var failure: PostgresFailure?
        for answer in expected {
            guard let result = try next(deadline) else { throw .connection("PostgreSQL's answer is incomplete") }
            switch PQresultStatus(result.pointer) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
                if case .prepared(let name) = answer {
                    prepared.insert(name)
                } else {
                    answers.append(Rows(result))
                }
            case PGRES_PIPELINE_ABORTED: break
            default: failure = failure ?? redaction.failure(of: result.pointer)
            }
            // Each answer ends with "no more".
            while try next(deadline) != nil {}
        }
        guard let sync = try next(deadline), PQresultStatus(sync.pointer) == PGRES_PIPELINE_SYNC else {
            throw failure ?? .connection("PostgreSQL's answer is incomplete")
        }
        if let failure { throw failure }
        return answers
    }

    private func send(_ command: Command) throws(PostgresFailure) {
        let places = command.parameters.places
        let sent = command.parameters.bytes.withUnsafeBytes { buffer in
            // An empty value needs an address all the same: a null pointer would be a null.
            let base = buffer.baseAddress ?? UnsafeRawPointer(connection.pointer)
            let values = places.map { place in
                place.map { base.advanced(by: $0.lowerBound).assumingMemoryBound(to: CChar.self) }
            }
            let lengths = places.map { Int32(clamping: $0?.count ?? 0) }
            let formats = [Int32](repeating: 1, count: places.count)
            return PQsendQueryPrepared(
                connection.pointer, command.statement.name, Int32(places.count), values, lengths, formats, 1)
        }
        try check(sent)
    }

    func leavePipeline() throws(PostgresFailure) { try check(PQexitPipelineMode(connection.pointer)) }

    func enterPipeline() throws(PostgresFailure) { try check(PQenterPipelineMode(connection.pointer)) }

    /// Outside pipeline mode only: several statements can't be sent in it.
    func sendScript(_ sql: String) throws(PostgresFailure) {
        let deadline = ContinuousClock.now + timeout
        try check(PQsendQuery(connection.pointer, sql))
        var failure: PostgresFailure?
        while let result = try next(deadline) {
            let status = PQresultStatus(result.pointer)
            if status != PGRES_COMMAND_OK, status != PGRES_TUPLES_OK {
                failure = failure ?? redaction.failure(of: result.pointer)
            }
        }
        if let failure {
            try enterPipeline()
            throw failure
        }
    }

    private func check(_ result: Int32) throws(PostgresFailure) {
        guard result == 1 else { throw .connection(redaction.message(of: connection.pointer)) }
    }

    /// The next result; nil at the end of a statement's. Reads while it writes, lest both sides wait for each other.
    private func next(_ deadline: ContinuousClock.Instant) throws(PostgresFailure) -> ResultHandle? {
        while true {
            let flushed = PQflush(connection.pointer)
            if flushed < 0 { throw .connection(redaction.message(of: connection.pointer)) }
            if PQisBusy(connection.pointer) == 0 { break }
            let events = flushed == 1 ? POLLIN | POLLOUT : POLLIN
            guard try wait(events, until: deadline) else {
                throw .connection("PostgreSQL did not answer within \(timeout)")
            }
            guard PQconsumeInput(connection.pointer) == 1 else {
                throw .connection(redaction.message(of: connection.pointer))
            }
        }
        return PQgetResult(connection.pointer).map { ResultHandle($0) }
    }

    private func wait(_ events: Int32, until deadline: ContinuousClock.Instant) throws(PostgresFailure) -> Bool {
        try SocketWait.wait(PQsocket(connection.pointer), events, until: deadline)
    }

    private static func connect(
        _ configuration: PostgresStore.Configuration, _ redaction: Redaction
    ) throws(PostgresFailure) -> ConnectionHandle {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        let silence = (configuration.statementTimeout + grace).wholeMilliseconds
        let words = [
            ("dbname", configuration.connectionString), ("client_encoding", "UTF8"),
            ("tcp_user_timeout", String(silence)),
        ]
        guard let pointer = CStrings.with(words, { PQconnectStartParams($0, $1, 1) }) else {
            throw .connection("no memory for a connection to PostgreSQL")
        }
        let connection = ConnectionHandle(pointer)
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard state != PGRES_POLLING_FAILED, PQstatus(pointer) != CONNECTION_BAD else {
                throw .connection("can't connect to PostgreSQL: \(redaction.message(of: pointer))")
            }
            let events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT
            guard try SocketWait.wait(PQsocket(pointer), events, until: deadline) else {
                throw .connection("can't connect to PostgreSQL within \(configuration.connectTimeout)")
            }
            state = PQconnectPoll(pointer)
        }
        return connection
    }
}
