public import ChannelSDK
internal import Glibc
internal import Synchronization

/// HTTP over libcurl: one multi handle on a thread of its own, connections kept and shared over all requests.
///
/// A request that may have left is never sent again by the transport, and libcurl, which would by itself repeat one on
/// a kept connection that died without an answer, is kept from it: see ``Transfer``.
public final class CurlTransport: Transport {
    /// The system could not give what the transport runs on.
    public struct StartError: Error, Sendable, Hashable, CustomStringConvertible {
        public let step: String
        public let errorNumber: Int32

        public var description: String { "the HTTP transport can't start: \(step) failed with errno \(errorNumber)" }
    }

    private let inbox: Inbox
    private let end = LoopEnd()

    /// Starts the thread.
    public init(_ configuration: Configuration = Configuration()) throws(StartError) {
        let inbox = try Inbox()
        self.inbox = inbox
        let end = end
        try LoopThread.start {
            let loop = CurlLoop(configuration: configuration, inbox: inbox)
            loop?.run()
            for submission in inbox.close() { submission.failAll(.stopped) }
            end.signal()
        }
    }

    deinit { inbox.requestStop() }

    public func submit(
        _ requests: [HTTPRequest], defaultTimeout: Duration,
        completion: @escaping @Sendable ([TransportCompletion]) -> Void
    ) {
        let submission = Submission(requests: requests, defaultTimeout: defaultTimeout, completion: completion)
        if !inbox.put(submission) { submission.failAll(.stopped) }
    }

    /// Ends every request that is under way or waits with `.shutdown`, and the thread. What is submitted afterwards
    /// ends the same way.
    public func shutdown() async {
        inbox.requestStop()
        await end.wait()
    }
}

extension TransportFailure {
    /// For a request that never got to libcurl.
    static let stopped = TransportFailure(
        reason: .shutdown, mayHaveBeenSent: false, message: "the transport has stopped; the request was not sent")
}

/// Lets others wait for the end of the loop.
private final class LoopEnd: Sendable {
    private struct State {
        var isOver = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func signal() {
        let waiters = state.withLock { state in
            state.isOver = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.waiters.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }
}

/// A thread outside the cooperative pool: libcurl blocks in epoll and in name resolution.
private enum LoopThread {
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
                if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        guard result == 0 else {
            body.release()
            throw CurlTransport.StartError(step: "pthread_create", errorNumber: result)
        }
        pthread_detach(thread)
    }
}
