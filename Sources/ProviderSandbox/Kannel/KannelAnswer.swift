import HTTPTypes
import Hummingbird

/// An answer of Kannel's sendsms: a line of text.
struct KannelAnswer: ProviderError, Hashable {
    var status: Int
    var text: String

    static let accepted = KannelAnswer(status: 202, text: "0: Accepted for delivery")
    static let authorization = KannelAnswer(status: 403, text: "Authorization failed for sendsms")
    static let notRoutable = KannelAnswer(status: 403, text: "Not routable. Do not try again.")
    static let noReceiver = KannelAnswer(status: 400, text: "Missing receiver number, rejected")
    static let badReceiver = KannelAnswer(status: 400, text: "Garbage 'to' field, rejected.")
    static let noSender = KannelAnswer(status: 400, text: "Sender missing and no global set, rejected")
    static let several = KannelAnswer(status: 400, text: "The sandbox takes one receiver in each request.")
    static let unreadable = KannelAnswer(status: 400, text: "The query is not percent-encoded UTF-8, rejected")

    static func reportAddress(_ problem: String) -> KannelAnswer {
        KannelAnswer(status: 400, text: "dlr-url: \(problem)")
    }

    /// 429, which Kannel does not know, is 503 as well.
    static func server(_ status: Int) -> KannelAnswer {
        status == 500
            ? KannelAnswer(status: 500, text: "Sending failed.")
            : KannelAnswer(status: 503, text: "Temporal failure, try again later.")
    }

    var response: Response {
        var response = Response.text(text)
        response.status = HTTPResponse.Status(code: status)
        return response
    }
}
