internal import Glibc

/// A thread outside the cooperative pool: libcurl blocks in epoll, in name resolution, and in SMTP.
enum DetachedThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ run: @escaping @Sendable () -> Void) throws(CurlTransport.StartError) {
        var thread = pthread_t()
        let body = Unmanaged.passRetained(Body(run))
        let result = pthread_create(
            &thread, nil,
            { pointer in
                DetachedThread.blockBrokenPipes()
                if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        guard result == 0 else {
            body.release()
            throw CurlTransport.StartError(step: "pthread_create", errorNumber: result)
        }
        pthread_detach(thread)
    }

    /// OpenSSL writes to connections that the other side has closed without asking for no signal, and with
    /// CURLOPT_NOSIGNAL libcurl does not see to it: SIGPIPE would end the process.
    private static func blockBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
