/// Why Redis could not be used. The message says where and what to do, and never shows a password.
public struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of trouble it is. More may be added.
    public struct Code: Sendable, Hashable {
        private let name: String

        /// A setting that can't be used.
        public static let configuration = Code(name: "configuration")
        /// No connection, or no answer in time: whether the command was carried out is not known.
        public static let unreachable = Code(name: "unreachable")
        /// Redis answered with an error, e.g. a wrong password.
        public static let refused = Code(name: "refused")
        /// More commands wait than may: this one was not sent.
        public static let busy = Code(name: "busy")
        /// ``RedisCache/close()`` or ``RedisRateLimiter/close()`` was called.
        public static let closed = Code(name: "closed")
    }

    public let code: Code
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
