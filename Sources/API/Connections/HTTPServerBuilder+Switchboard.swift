public import HummingbirdCore
import NIOCore

extension HTTPServerBuilder {
    /// HTTP/1.1 with bounds on the size of a head and on the time that a request may take to arrive.
    public static func switchboard(_ limits: APILimits) -> HTTPServerBuilder {
        .http1(
            configuration: .init(
                // It sees to idle connections, too: the server's own timeout would close them without a word.
                additionalChannelHandlers: [ConnectionGuard(limits: limits)], idleTimeout: nil,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.maxHeaderBytes, maxHeaderListSize: limits.maxHeaderBytes,
                    maxHeaderFieldCount: limits.maxHeaderFields)))
    }
}
