public import ChannelSDK

extension CurlTransport {
    /// How connections are made, kept and limited. Every limit exists so that one provider that misbehaves can neither
    /// hold up another nor exhaust the process.
    public struct Configuration: Sendable, Hashable {
        /// From the start of connecting to the end of the TLS handshake. The request's own timeout applies as well.
        public var connectTimeout: Duration
        /// Requests on their way to one origin (scheme, host and port) at a time; the others wait here, in order.
        /// With HTTP/1.1 it is also the most connections to that origin. A request that has spent half of its timeout
        /// waiting fails with `.timeout`, certainly unsent.
        public var maxConcurrentRequestsPerOrigin: Int
        /// Connections to one mail server, as one user, at a time, each with a thread; the other mails wait here, in order,
        /// as requests do.
        public var maxMailConnectionsPerServer: Int
        /// Open connections, busy or idle, that are kept over all origins: above it the oldest idle one is closed.
        /// It is no limit on busy ones, but should exceed how many there are, or connections are made for one request.
        public var maxPooledConnections: Int
        /// An idle connection older than this is not used again. Shorter than the providers' own limits (usually 60 s
        /// and more), so that requests seldom meet a connection that is just being closed.
        public var maxIdleTime: Duration
        /// Bytes of an answer's body; above it the request fails with `.responseTooLarge`.
        public var maxResponseBodyBytes: Int
        /// Bytes of an answer's header, over all its interim answers, and of all replies to a mail; above it
        /// `.responseTooLarge`.
        public var maxResponseHeaderBytes: Int
        /// Header fields of an answer; above it `.responseTooLarge`.
        public var maxResponseHeaderFields: Int
        /// Offer HTTP/2 on TLS connections. Without TLS it is always HTTP/1.1.
        public var allowsHTTP2: Bool
        /// Whether requests may go to loopback, private, link-local and other addresses that are not of the public
        /// internet. False where URLs come from outside: the address is checked after the name was resolved, so no
        /// name gets round it, and the request fails with `.forbiddenAddress`.
        public var allowsInternalAddresses: Bool
        /// PEM file of the certificate authorities to trust; nil: the system's.
        public var certificateAuthorityFile: String?
        /// The value of `User-Agent` where a request brings none; nil: no such field.
        public var userAgent: String?

        public init(
            connectTimeout: Duration = .seconds(10), maxConcurrentRequestsPerOrigin: Int = 256,
            maxMailConnectionsPerServer: Int = 16,
            maxPooledConnections: Int = 1024, maxIdleTime: Duration = .seconds(50),
            maxResponseBodyBytes: Int = HTTPResponse.largestBody, maxResponseHeaderBytes: Int = 64 << 10,
            maxResponseHeaderFields: Int = 256, allowsHTTP2: Bool = true, allowsInternalAddresses: Bool = true,
            certificateAuthorityFile: String? = nil, userAgent: String? = "Switchboard"
        ) {
            self.connectTimeout = connectTimeout
            self.maxConcurrentRequestsPerOrigin = max(1, maxConcurrentRequestsPerOrigin)
            self.maxMailConnectionsPerServer = max(1, maxMailConnectionsPerServer)
            self.maxPooledConnections = max(1, maxPooledConnections)
            self.maxIdleTime = maxIdleTime
            self.maxResponseBodyBytes = max(0, maxResponseBodyBytes)
            self.maxResponseHeaderBytes = max(0, maxResponseHeaderBytes)
            self.maxResponseHeaderFields = max(0, maxResponseHeaderFields)
            self.allowsHTTP2 = allowsHTTP2
            self.allowsInternalAddresses = allowsInternalAddresses
            self.certificateAuthorityFile = certificateAuthorityFile
            self.userAgent = userAgent
        }
    }
}
