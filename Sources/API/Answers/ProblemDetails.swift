import ChannelSDK
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// An error as RFC 9457 `application/problem+json`.
struct ProblemDetails: Error {
    let status: HTTPStatus
    let title: String
    var detail: String?
    /// What is wrong with which field.
    var errors: [FieldProblem] = []
    /// Seconds.
    var retryAfter: Int?
    var allow: String?
    /// The scheme that a 401 asks for.
    var authenticate: String?
    /// Of the notification that the request is about.
    var notificationStatus: String?

    init(
        _ status: HTTPStatus, _ title: String, detail: String? = nil, errors: [FieldProblem] = [],
        retryAfter: Int? = nil
    ) {
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors
        self.retryAfter = retryAfter
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("type", "about:blank")
            json.member("title", title)
            json.member("status", status.code)
            json.member("detail", detail)
            json.member("notificationStatus", notificationStatus)
            guard !errors.isEmpty else { return }
            json.member(
                "errors",
                array: { errors in
                    for problem in self.errors {
                        errors.object { error in
                            error.member("field", problem.field)
                            error.member("message", problem.message)
                        }
                    }
                })
        }
    }

    var body: ByteBuffer {
        var json = JSONWriter()
        write(to: &json)
        return ByteBuffer(bytes: json.takeBytes())
    }

    var response: Response {
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        if let allow { headers[.allow] = allow }
        if let authenticate { headers[.wwwAuthenticate] = authenticate }
        return Response(status: status, headers: headers, body: .init(byteBuffer: body))
    }
}

extension ProblemDetails {
    static func invalid(_ problems: [FieldProblem]) -> Self {
        Self(.unprocessableContent, "The notification is not valid", errors: problems)
    }

    static func malformed(_ problem: JSONScanner.Problem, in bytes: UnsafeRawBufferPointer) -> Self {
        let (line, column) = problem.position(in: bytes)
        return Self(
            .badRequest, "The body is not valid JSON", detail: "line \(line), column \(column): \(problem.message)")
    }

    /// - Parameter name: what the request is known by.
    static func conflict(_ name: String) -> Self {
        Self(
            .conflict, "The \(name) is taken",
            detail: "another request has this \(name), with a different payload: choose another, or repeat it unchanged"
        )
    }

    static let overloaded = Self(
        .serviceUnavailable, "Too far behind",
        detail: "notifications come in faster than they can be stored: try again later", retryAfter: 2)

    static let notDurable = Self(
        .serviceUnavailable, "Not certain to be stored",
        detail: "it is not known whether the request was stored: repeat it, with the same externalId or "
            + "Idempotency-Key so that it can't be sent twice", retryAfter: 1)

    static let tooMuchAtOnce = Self(
        .serviceUnavailable, "Too many large requests",
        detail: "the host reads as many large bodies as it has memory for: try again in a moment", retryAfter: 2)

    /// Its connection ended before it did.
    static let unreadable = Self(.badRequest, "The request could not be read")

    static let failed = Self(.internalServerError, "The request failed", detail: "the host's log says why")

    static let notFound = Self(.notFound, "Not found")
}
