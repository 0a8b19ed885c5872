import HTTPTypes
import Hummingbird
import NIOCore

/// An error answer of Plivo's API: it has no codes, only words.
struct PlivoError: ProviderError, Hashable {
    var status = 400
    var message: String

    static let authentication = PlivoError(status: 401, message: "Failed to authenticate. Check your credentials.")
    static let unreadable = PlivoError(message: "request body is not valid JSON")
    static let noContent = PlivoError(message: "text or media_urls is mandatory")
    static let noSender = PlivoError(message: "src or powerpack_uuid is mandatory")
    static let twoSenders = PlivoError(message: "Both powerpack_uuid and src cannot be specified. Specify either.")
    static let tooLong = PlivoError(message: "Text exceeds the maximum length of 1600 characters.")
    static let several = PlivoError(message: "The sandbox takes one recipient in each request.")

    static func missing(_ parameter: String) -> PlivoError {
        PlivoError(message: "\(parameter) is a mandatory parameter")
    }

    static func invalid(_ parameter: String, _ value: String) -> PlivoError {
        PlivoError(message: "\(parameter) parameter is not valid: \(value)")
    }

    /// 429, 500 or 503.
    static func server(_ status: Int) -> PlivoError {
        PlivoError(
            status: status,
            message: status == 429
                ? "Rate limit exceeded" : status == 503 ? "Service unavailable" : "Internal server error")
    }

    var response: Response {
        let body: JSON = ["api_id": "00000000-0000-0000-0000-00000000005a", "error": .string(message)]
        var response = Response.json(status: HTTPResponse.Status(code: status), ByteBuffer(json: body))
        if status == 401 { response.headers[.wwwAuthenticate] = #"Basic realm="Authentication required""# }
        return response
    }
}
