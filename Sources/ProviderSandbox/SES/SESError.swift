import HTTPTypes
import Hummingbird
import NIOCore

/// An error answer of the SES v2 API.
struct SESError: ProviderError, Hashable {
    var status: Int
    var type: String
    var message: String

    static let tokenMissing = SESError(
        status: 403, type: "MissingAuthenticationTokenException", message: "Missing Authentication Token")
    static let tokenInvalid = SESError(
        status: 403, type: "UnrecognizedClientException",
        message: "The security token included in the request is invalid.")
    static let signature = SESError(
        status: 403, type: "InvalidSignatureException",
        message: "The request signature we calculated does not match the signature you provided. Check your AWS "
            + "Secret Access Key and signing method. Consult the service documentation for details.")

    static func incomplete(_ part: String) -> SESError {
        SESError(
            status: 403, type: "IncompleteSignatureException", message: "Authorization header requires \(part).")
    }

    static func bad(_ message: String) -> SESError {
        SESError(status: 400, type: "BadRequestException", message: message)
    }

    static func configurationSet(_ name: String) -> SESError {
        SESError(
            status: 404, type: "NotFoundException", message: "Configuration set <\(name)> does not exist.")
    }

    static let rejected = SESError(
        status: 400, type: "MessageRejected", message: "Email address is not verified, or the address is not valid.")

    /// 429, 500 or 503.
    static func server(_ status: Int) -> SESError {
        switch status {
        case 429: SESError(status: 429, type: "TooManyRequestsException", message: "Maximum sending rate exceeded.")
        case 503:
            SESError(status: 503, type: "ServiceUnavailable", message: "Service is unable to handle request.")
        default: SESError(status: 500, type: "InternalFailure", message: "We encountered an internal error.")
        }
    }

    var response: Response {
        var response = Response.json(
            status: HTTPResponse.Status(code: status), ByteBuffer(json: ["message": .string(message)]))
        response.headers[.init("x-amzn-ErrorType")!] = type
        return response
    }
}
