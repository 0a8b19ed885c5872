import HTTPTypes
import Hummingbird
import NIOCore

/// An error answer of Resend's API.
struct ResendError: ProviderError, Hashable {
    var status: Int
    var name: String
    var message: String

    static let keyMissing = ResendError(
        status: 401, name: "missing_api_key", message: "Missing API key in the authorization header.")
    static let keyInvalid = ResendError(status: 403, name: "invalid_api_key", message: "API key is invalid")
    static let unreadable = ResendError(
        status: 400, name: "validation_error", message: "The request body is not valid JSON.")
    static let several = ResendError(
        status: 422, name: "validation_error", message: "The sandbox takes one recipient in each request.")
    static let noBody = ResendError(
        status: 422, name: "missing_required_field", message: "Missing `html` or `text` field.")
    static let idempotencyKey = ResendError(
        status: 400, name: "invalid_idempotency_key", message: "The key must be between 1-256 chars.")
    static let otherPayload = ResendError(
        status: 409, name: "invalid_idempotent_request",
        message: "Same idempotency key used with a different request payload.")

    static let concurrent = ResendError(
        status: 409, name: "concurrent_idempotent_requests",
        message: "Same idempotency key used while the original request is still in progress.")

    static func missing(_ field: String) -> ResendError {
        ResendError(status: 422, name: "missing_required_field", message: "Missing `\(field)` field.")
    }

    static func invalid(_ field: String) -> ResendError {
        ResendError(
            status: 422, name: "validation_error",
            message: "Invalid `\(field)` field. The email address needs to follow the `email@example.com` or "
                + "`Name <email@example.com>` format.")
    }

    static let attachment = ResendError(
        status: 422, name: "invalid_attachment", message: "Attachment must have either a `content` or `path`.")

    static let tag = ResendError(
        status: 422, name: "validation_error",
        message: "Tags should only contain ASCII letters, numbers, underscores, or dashes.")

    /// 429, 500 or 503.
    static func server(_ status: Int) -> ResendError {
        switch status {
        case 429:
            ResendError(
                status: 429, name: "rate_limit_exceeded",
                message: "Too many requests. You can only make 2 requests per second.")
        case 503: ResendError(status: 503, name: "application_error", message: "Service unavailable.")
        default: ResendError(status: 500, name: "internal_server_error", message: "An unexpected error occurred.")
        }
    }

    var response: Response {
        let body: JSON = ["statusCode": .number("\(status)"), "name": .string(name), "message": .string(message)]
        var response = Response.json(status: HTTPResponse.Status(code: status), ByteBuffer(json: body))
        if status == 429 { response.headers[.retryAfter] = "1" }
        return response
    }
}
