import CHiredis
import ChannelSDK
import Glibc

/// One connection, on the thread that opened it and on no other: hiredis's contexts are not thread-safe.
struct RedisSession: ~Copyable {
    private let context: UnsafeMutablePointer<redisContext>
    private let address: String

    /// Connects, which takes `timeout` at most, and the time of resolving the host's name.
    init(host: String, port: Int, address: String, timeout: Duration) throws(RedisError) {
        guard let context = redisConnectWithTimeout(host, Int32(port), Self.time(timeout)) else {
            throw RedisError(.unreachable, "out of memory for a connection to Redis at \(address)")
        }
        if let problem = Self.prepare(context) {
            redisFree(context)
            throw RedisError(.unreachable, "can't connect to Redis at \(address): \(problem)")
        }
        self.context = context
        self.address = address
    }

    /// From here on reads and writes return at once: the thread waits in poll(), with deadlines of its own.
    /// - Returns: what is wrong with the connection.
    private static func prepare(_ context: UnsafeMutablePointer<redisContext>) -> String? {
        if let problem = problem(of: context) { return problem }
        let flags = fcntl(context.pointee.fd, F_GETFL)
        guard flags >= 0, fcntl(context.pointee.fd, F_SETFL, flags | O_NONBLOCK) == 0 else {
            return "fcntl failed with errno \(errno)"
        }
        context.pointee.flags &= ~REDIS_BLOCK
        return redisEnableKeepAlive(context) == REDIS_OK ? nil : problem(of: context)
    }

    deinit { redisFree(context) }

    var descriptor: Int32 { context.pointee.fd }

    /// Adds `commands` to what ``write()`` sends.
    func append(_ commands: RedisCommands) throws(RedisError) {
        let result = commands.bytes.withUnsafeBytes { bytes in
            redisAppendFormattedCommand(context, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard result == REDIS_OK else { throw failure("can't prepare a command for Redis at \(address)") }
    }

    /// Sends as much as the socket takes now.
    /// - Returns: whether all has been sent.
    func write() throws(RedisError) -> Bool {
        var done: Int32 = 0
        guard redisBufferWrite(context, &done) == REDIS_OK else { throw lost() }
        return done != 0
    }

    /// Takes in a part of what the socket has now.
    func read() throws(RedisError) {
        guard redisBufferRead(context) == REDIS_OK else { throw lost() }
    }

    /// The next answer that is there as a whole.
    func nextReply() throws(RedisError) -> RedisReply? {
        var pointer: UnsafeMutableRawPointer?
        guard redisGetReplyFromReader(context, &pointer) == REDIS_OK else { throw lost() }
        guard let pointer else { return nil }
        defer { freeReplyObject(pointer) }
        return RedisReply(pointer.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private func lost() -> RedisError { failure("the connection to Redis at \(address) is lost") }

    private func failure(_ what: String) -> RedisError {
        RedisError(.unreachable, Self.problem(of: context).map { "\(what): \($0)" } ?? what)
    }

    private static func problem(of context: UnsafeMutablePointer<redisContext>) -> String? {
        guard context.pointee.err != 0 else { return nil }
        return withUnsafeBytes(of: context.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private static func time(_ duration: Duration) -> timeval {
        let milliseconds = min(max(1, duration.wholeMilliseconds), 86_400_000)
        return timeval(tv_sec: Int(milliseconds / 1000), tv_usec: Int(milliseconds % 1000) * 1000)
    }
}
