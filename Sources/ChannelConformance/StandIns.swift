public import ChannelSDK
import Synchronization

/// A clock that stands where it was put.
public struct HeldClock: WallClock {
    private let moment: Timestamp

    public init(at moment: Timestamp) { self.moment = moment }

    public func now() -> Timestamp { moment }
}

/// A cache that forgets everything at once, as a channel must be able to bear.
public struct EmptyCache: Cache {
    public init() {}

    public func values(for keys: [String]) async -> [[UInt8]?] { keys.map { _ in nil } }
    public func store(_ value: [UInt8], for key: String, lifetime: Duration, tags: [String]) async {}
    public func remove(_ keys: [String]) async {}
    public func invalidate(tag: String) async {}
}

/// Gives every permit that is asked for.
public struct UnlimitedRateLimiter: RateLimiter {
    public init() {}

    public func take(_ count: Int, of key: String, under limits: [RateLimit]) async -> RateLimitGrant {
        RateLimitGrant(granted: count, retryAfter: nil)
    }
}

/// Answers each request and each mail by a function of it, and keeps what it was asked. Nothing leaves the process.
public final class ScriptedTransport: Transport {
    private let answer: @Sendable (HTTPRequest) -> HTTPResult
    private let reply: @Sendable (SMTPSubmission) -> SMTPResult
    private let asked = Mutex<(requests: [HTTPRequest], mails: [SMTPSubmission])>(([], []))

    /// - Parameter reply: by itself every mail is taken.
    public init(
        reply: @escaping @Sendable (SMTPSubmission) -> SMTPResult = { _ in
            .success(SMTPReply(stage: .message, code: 250, text: "OK"))
        }, answer: @escaping @Sendable (HTTPRequest) -> HTTPResult
    ) {
        (self.answer, self.reply) = (answer, reply)
    }

    /// Every request so far, in the order of submission.
    public var requests: [HTTPRequest] { asked.withLock { $0.requests } }
    /// Every mail so far, in the order of submission.
    public var mails: [SMTPSubmission] { asked.withLock { $0.mails } }

    public func submit(
        _ requests: [HTTPRequest], defaultTimeout: Duration,
        completion: @escaping @Sendable ([TransportCompletion]) -> Void
    ) {
        asked.withLock { $0.requests += requests }
        completion(requests.enumerated().map { TransportCompletion(index: $0, result: answer($1)) })
    }

    public func submit(
        _ mails: [SMTPSubmission], defaultTimeout: Duration,
        completion: @escaping @Sendable ([SMTPCompletion]) -> Void
    ) {
        asked.withLock { $0.mails += mails }
        completion(mails.enumerated().map { SMTPCompletion(index: $0, result: reply($1)) })
    }
}
