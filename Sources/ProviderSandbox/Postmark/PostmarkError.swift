import HTTPTypes
import Hummingbird
import NIOCore

/// An error answer of Postmark's API.
struct PostmarkError: ProviderError, Hashable {
    var status = 422
    var code: Int
    var message: String

    static let token = PostmarkError(
        status: 401, code: 10, message: "Request does not contain a valid Server token.")
    static let unreadable = PostmarkError(code: 402, message: "Received invalid JSON input.")
    static let noRecipient = PostmarkError(code: 300, message: "Zero recipients specified")
    static let several = PostmarkError(code: 300, message: "The sandbox takes one recipient in each request.")
    static let noBody = PostmarkError(code: 300, message: "Provide either email TextBody or HtmlBody or both.")

    static func from(_ text: String) -> PostmarkError {
        PostmarkError(code: 300, message: "Invalid 'From' address: '\(text)'.")
    }

    static func to(_ text: String) -> PostmarkError {
        PostmarkError(
            code: 300, message: "Error parsing 'To': Illegal email address '\(text)'. It must contain the '@' symbol.")
    }

    static func inactive(_ address: String) -> PostmarkError {
        PostmarkError(
            code: 406,
            message: "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: "
                + "\(address). Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a "
                + "manual suppression.")
    }

    /// 429, 500 or 503.
    static func server(_ status: Int) -> PostmarkError {
        switch status {
        case 429: PostmarkError(status: 429, code: 429, message: "Rate limit exceeded")
        case 503:
            PostmarkError(status: 503, code: 100, message: "The Postmark API is offline for maintenance.")
        default: PostmarkError(status: 500, code: 500, message: "Internal Server Error")
        }
    }

    var response: Response {
        let body: JSON = ["ErrorCode": .number("\(code)"), "Message": .string(message)]
        return Response.json(status: HTTPResponse.Status(code: status), ByteBuffer(json: body))
    }
}
