import HTTPTypes
import Hummingbird
import NIOCore

/// An error answer of Twilio's API.
struct TwilioError: ProviderError, Hashable {
    var status: Int
    var code: Int
    var message: String

    static let authentication = TwilioError(status: 401, code: 20003, message: "Authenticate")
    static let tooManyRequests = TwilioError(status: 429, code: 20429, message: "Too Many Requests")
    static let bodyMissing = TwilioError(status: 400, code: 21602, message: "Message body is required.")
    static let fromMissing = TwilioError(status: 400, code: 21603, message: "A 'From' phone number is required.")
    static let toMissing = TwilioError(status: 400, code: 21604, message: "A 'To' phone number is required.")
    static let bodyTooLong = TwilioError(
        status: 400, code: 21617, message: "The concatenated message body exceeds the 1600 character limit.")
    static let unsubscribed = TwilioError(
        status: 400, code: 21610, message: "Attempt to send to unsubscribed recipient")
    static let unreadableForm = TwilioError(
        status: 400, code: 21620, message: "The request body is not a valid form: percent-encoded UTF-8 is expected.")

    static func invalidTo(_ number: String) -> TwilioError {
        TwilioError(status: 400, code: 21211, message: "The 'To' number \(number) is not a valid phone number.")
    }

    static let mixedChannels = TwilioError(
        status: 400, code: 21910, message: "Invalid From and To pair. From and To should be of the same channel")
    static let windowClosed = TwilioError(
        status: 400, code: 63016,
        message: "Failed to send freeform message because you are outside the allowed window. Please use a Template.")

    static func notMobile(_ number: String) -> TwilioError {
        TwilioError(status: 400, code: 21614, message: "To number: \(number), is not a mobile number")
    }

    static func invalidFrom(_ sender: String) -> TwilioError {
        TwilioError(
            status: 400, code: 21212,
            message: "The 'From' number \(sender) is not a valid phone number, shortcode, or alphanumeric sender ID.")
    }

    static func invalidCallback(_ url: String, because problem: String) -> TwilioError {
        TwilioError(
            status: 400, code: 21609, message: "The 'StatusCallback' URL \(url) is not a valid URL: \(problem).")
    }

    static func notFound(_ path: String) -> TwilioError {
        TwilioError(status: 404, code: 20404, message: "The requested resource \(path) was not found")
    }

    /// A failure on Twilio's side, 500 or 503.
    static func server(_ status: Int) -> TwilioError {
        TwilioError(
            status: status, code: 20_000 + status,
            message: status == 503 ? "Service Unavailable" : "Internal Server Error")
    }

    var response: Response {
        var response = Response.json(status: HTTPResponse.Status(code: status), json)
        if status == 401 { response.headers[.wwwAuthenticate] = "Basic realm=\"Twilio API\"" }
        return response
    }

    var json: ByteBuffer {
        var buffer = ByteBuffer(string: "{\"code\":\(code),\"message\":")
        buffer.writeJSON(message)
        buffer.writeString(",\"more_info\":\"https://www.twilio.com/docs/errors/\(code)\",\"status\":\(status)}")
        return buffer
    }
}
