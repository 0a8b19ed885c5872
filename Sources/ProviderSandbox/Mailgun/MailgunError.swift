import HTTPTypes
import Hummingbird
import NIOCore

/// An error answer of Mailgun's API: it has no codes, only words.
struct MailgunError: ProviderError, Hashable {
    var status = 400
    var message: String

    static let authorization = MailgunError(status: 401, message: "Forbidden")
    static let form = MailgunError(
        message: "the sandbox takes application/x-www-form-urlencoded and multipart/form-data in UTF-8 only")
    static let invalidTo = MailgunError(
        message: "'to' parameter is not a valid address. please check documentation")
    static let several = MailgunError(message: "the sandbox takes one recipient in each request")
    static let noBody = MailgunError(
        message: "Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified")

    static func missing(_ parameter: String) -> MailgunError {
        MailgunError(message: "\(parameter) parameter is missing")
    }

    static func file(_ parameter: String) -> MailgunError {
        MailgunError(message: "\(parameter) parameter is not a file: it has no filename")
    }

    static func invalidFrom(_ text: String) -> MailgunError {
        MailgunError(message: "'from' parameter is not a valid address. please check documentation: \(text)")
    }

    static func domain(_ domain: String) -> MailgunError {
        MailgunError(status: 404, message: "Domain not found: \(domain)")
    }

    /// 429, 500 or 503.
    static func server(_ status: Int) -> MailgunError {
        MailgunError(
            status: status,
            message: status == 429
                ? "Too many requests" : status == 503 ? "Service Unavailable" : "Internal Server Error")
    }

    var response: Response {
        // Who is not let in is told so in plain words.
        if status == 401 {
            var response = Response.text(message)
            response.status = .unauthorized
            response.headers[.wwwAuthenticate] = "Basic realm=\"MG API\""
            return response
        }
        return Response.json(
            status: HTTPResponse.Status(code: status), ByteBuffer(json: ["message": .string(message)]))
    }
}
