public import ChannelSDK
internal import Glibc
internal import Synchronization

/// HTTP and SMTP over libcurl, connections kept and shared over all requests. HTTP has one multi handle on a thread of its
/// own; mail has a thread for each connection, see ``MailPool`` for why.
///
/// A request that may have left is never sent again by the transport, and libcurl, which would by itself repeat one on
/// a kept connection that died without an answer, is kept from it: see ``Transfer``.
public final class CurlTransport: Transport {
    /// The system could not give what the transport runs on.
    public struct StartError: Error, Sendable, Hashable, CustomStringConvertible {
        public let step: String
        public let errorNumber: Int32

        public var description: String { "the transport can't start: \(step) failed with errno \(errorNumber)" }
    }

    private let inbox: Inbox
    private let end = LoopEnd()
    private let mails: MailPool

    /// Starts the thread.
    public init(_ configuration: Configuration = Configuration()) throws(StartError) {
        let inbox = try Inbox()
        self.inbox = inbox
        mails = MailPool(configuration)
        let end = end
        try DetachedThread.start {
            let loop = CurlLoop(configuration: configuration, inbox: inbox)
            loop?.run()
            for submission in inbox.close() { submission.failAll(.stopped) }
            end.signal()
        }
    }

    deinit {
        inbox.requestStop()
        mails.requestStop()
    }

    public func submit(
        _ requests: [HTTPRequest], defaultTimeout: Duration,
        completion: @escaping @Sendable ([TransportCompletion]) -> Void
    ) {
        let submission = Submission(requests: requests, defaultTimeout: defaultTimeout, completion: completion)
        if !inbox.put(submission) { submission.failAll(.stopped) }
    }

    public func submit(
        _ mails: [SMTPSubmission], defaultTimeout: Duration,
        completion: @escaping @Sendable ([SMTPCompletion]) -> Void
    ) {
        self.mails.submit(MailBatch(mails: mails, completion: completion), defaultTimeout: defaultTimeout)
    }

    /// Ends every request and mail that is under way or waits with `.shutdown`, and the threads. What is submitted
    /// afterwards ends the same way.
    public func shutdown() async {
        inbox.requestStop()
        mails.requestStop()
        await end.wait()
        await mails.waitForEnd()
    }
}

extension TransportFailure {
    /// For a request that never got to libcurl.
    static let stopped = TransportFailure(
        reason: .shutdown, mayHaveBeenSent: false, message: "the transport has stopped; the request was not sent")
}

/// Lets others wait for the end of a loop.
final class LoopEnd: Sendable {
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
