/// One HTTP request to a provider.
///
/// It may carry secrets, so it is never logged; its description names method, scheme and host only.
public struct HTTPRequest: Sendable, Hashable, CustomStringConvertible {
    /// In capitals, e.g. `POST`.
    public var method: String
    /// Absolute, `http` or `https`, already percent-encoded.
    public var url: String
    /// Host, length and connection are the transport's.
    public var headers: HTTPHeaders
    /// Empty: none.
    public var body: [UInt8]
    /// From the start of connecting to the end of the answer; nil: the channel's `timeout`.
    public var timeout: Duration?
    /// PEM file of the certificate authorities to trust instead of the transport's own; nil: those.
    public var certificateAuthorityFile: String?
    /// Where the request may go. A URL that is not the operator's own needs ``Reach/publicInternet(besides:)``.
    public var reach: Reach
    /// The most bytes of the answer's body that are read: it ends there, as if that were all. Nil: all of it, and an
    /// answer above the transport's own limit is a failure.
    public var answerLimit: Int?

    public init(
        method: String = "POST", url: String, headers: HTTPHeaders = [:], body: [UInt8] = [], timeout: Duration? = nil,
        certificateAuthorityFile: String? = nil, reach: Reach = .anywhere, answerLimit: Int? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.certificateAuthorityFile = certificateAuthorityFile
        self.reach = reach
        self.answerLimit = answerLimit
    }

    public var description: String {
        guard let scheme = url.firstRange(of: "://") else { return "\(method) " }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return "\(method) \(authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "")"
    }
}

/// A provider's answer to one request.
public struct HTTPResponse: Sendable, Hashable {
    /// The most bytes of a body that the host's transport lets through; a longer answer is a failure,
    /// ``TransportFailure/Reason/responseTooLarge``.
    public static let largestBody = 1 << 20

    /// Three digits: whatever the provider sends.
    public var status: Int
    /// As they came.
    public var headers: HTTPHeaders
    /// As it came, at most ``largestBody`` bytes.
    public var body: [UInt8]

    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why there is no answer, and, what matters most, whether the request may have reached the provider.
public struct TransportFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where on the way it failed.
    public enum Reason: String, Sendable, Hashable {
        /// The request itself can't be carried: a channel's fault.
        case invalidRequest
        /// The host's name has no address.
        case resolve
        /// Nobody took the connection.
        case connect
        /// No secure connection could be made.
        case tls
        /// Time ran out.
        case timeout
        /// The connection broke.
        case reset
        /// The answer is longer than is read.
        case responseTooLarge
        /// The address is one that the host must not visit.
        case forbiddenAddress
        /// The host is stopping.
        case shutdown
        /// None of these.
        case other
    }

    /// Where on the way it failed.
    public let reason: Reason
    /// False only when it is certain that no byte of the request left: then it is safe to send it again.
    public let mayHaveBeenSent: Bool
    /// For people; free of secrets.
    public let message: String

    public init(reason: Reason, mayHaveBeenSent: Bool, message: String) {
        self.reason = reason
        self.mayHaveBeenSent = mayHaveBeenSent
        self.message = message
    }

    public var description: String { message }
}

/// An answer, or why there is none.
public typealias HTTPResult = Result<HTTPResponse, TransportFailure>

/// A failure says that no reply decided about the mail. It may have been sent once its last byte has left.
public typealias SMTPResult = Result<SMTPReply, TransportFailure>

/// Carries requests and mails to providers: pooled connections, time limits, a limit on the size of an answer, no
/// redirects. What may have left is never sent a second time by the transport itself.
public protocol Transport: Sendable {
    /// Starts every request at once. `completion` is called any number of times, on a thread of the transport's own,
    /// each time with the requests that ended since, by their index in `requests`: each exactly once. It must not block.
    func submit(
        _ requests: [HTTPRequest], defaultTimeout: Duration,
        completion: @escaping @Sendable ([TransportCompletion]) -> Void)

    /// The same for mails. A transport that has not heard of mail refuses every one.
    func submit(
        _ mails: [SMTPSubmission], defaultTimeout: Duration,
        completion: @escaping @Sendable ([SMTPCompletion]) -> Void)
}

/// The end of one request of a batch.
public struct TransportCompletion: Sendable {
    /// Of the request in its batch.
    public let index: Int
    /// How it ended.
    public let result: HTTPResult

    public init(index: Int, result: HTTPResult) {
        self.index = index
        self.result = result
    }
}

/// The end of one mail of a batch.
public struct SMTPCompletion: Sendable {
    /// Of the mail in its batch.
    public let index: Int
    /// How it ended.
    public let result: SMTPResult

    public init(index: Int, result: SMTPResult) {
        self.index = index
        self.result = result
    }
}

extension Transport {
    public func submit(
        _ mails: [SMTPSubmission], defaultTimeout: Duration,
        completion: @escaping @Sendable ([SMTPCompletion]) -> Void
    ) {
        let failure = TransportFailure(
            reason: .invalidRequest, mayHaveBeenSent: false, message: "this transport carries no mail")
        completion(mails.indices.map { SMTPCompletion(index: $0, result: .failure(failure)) })
    }

    /// Carries one request and waits for its end.
    public func perform(_ request: HTTPRequest, defaultTimeout: Duration = .seconds(30)) async -> HTTPResult {
        await withCheckedContinuation { continuation in
            submit([request], defaultTimeout: defaultTimeout) { completions in
                for completion in completions { continuation.resume(returning: completion.result) }
            }
        }
    }

    /// Carries one mail and waits for its end.
    public func perform(_ mail: SMTPSubmission, defaultTimeout: Duration = .seconds(30)) async -> SMTPResult {
        await withCheckedContinuation { continuation in
            submit([mail], defaultTimeout: defaultTimeout) { completions in
                for completion in completions { continuation.resume(returning: completion.result) }
            }
        }
    }
}
