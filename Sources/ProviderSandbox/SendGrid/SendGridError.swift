import HTTPTypes
import Hummingbird
import NIOCore

/// An error answer of SendGrid's v3 API.
struct SendGridError: ProviderError, Hashable {
    var status = 400
    var field: String?
    var message: String

    static let authorization = SendGridError(
        status: 401, message: "The provided authorization grant is invalid, expired, or revoked")
    static let unreadable = SendGridError(message: "Bad Request")
    static let personalizations = SendGridError(
        field: "personalizations",
        message: "The personalizations field is required and must have at least one personalization.")
    static let recipients = SendGridError(
        field: "personalizations.0.to",
        message: "The to array is required for all personalization objects, and must have at least one email object "
            + "with a valid email address.")
    static let several = SendGridError(
        field: "personalizations.0.to", message: "The sandbox takes one recipient in each request.")
    static let from = SendGridError(
        field: "from.email",
        message: "The from object must be provided for every email send. It is an object that requires the email "
            + "parameter, but may also contain a name parameter.")
    static let subject = SendGridError(
        field: "subject",
        message: "The subject is required. You can get around this requirement if you use a template with a subject "
            + "defined or if every personalization has a subject defined.")
    static let content = SendGridError(
        field: "content",
        message: "Unless a valid template_id is provided, the content parameter is required. There must be at least "
            + "one defined content block.")
    static let emptyContent = SendGridError(
        field: "content.0.value", message: "The content value must be a string at least one character in length.")

    static func address(_ field: String) -> SendGridError {
        SendGridError(field: field, message: "Does not contain a valid address.")
    }

    /// 429, 500 or 503.
    static func server(_ status: Int) -> SendGridError {
        SendGridError(
            status: status,
            message: status == 429
                ? "too many requests" : status == 503 ? "Service Unavailable" : "Internal Server Error")
    }

    var response: Response {
        let error: JSON = ["message": .string(message), "field": .optional(field), "help": .null]
        var response = Response.json(
            status: HTTPResponse.Status(code: status), ByteBuffer(json: ["errors": [error]]))
        if status == 429 {
            response.headers[.init("X-RateLimit-Limit")!] = "600"
            response.headers[.init("X-RateLimit-Remaining")!] = "0"
            response.headers[.init("X-RateLimit-Reset")!] = String(CivilTime.now() / 1000 + 1)
        }
        return response
    }
}
