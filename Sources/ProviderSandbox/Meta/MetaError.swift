import HTTPTypes
import Hummingbird
import NIOCore

/// An error answer of the Graph API.
struct MetaError: ProviderError, Hashable {
    var status: Int
    var code: Int
    var type = "OAuthException"
    var message: String
    var details: String?
    var subcode: Int?
    var isTransient = false

    static let token = MetaError(
        status: 401, code: 190, message: "Invalid OAuth access token - Cannot parse access token")
    static let unreadable = MetaError(status: 400, code: 100, message: "(#100) The request body is not valid JSON")
    static let product = MetaError(
        status: 400, code: 100, message: "(#100) The parameter messaging_product is required.")

    static func missing(_ parameter: String) -> MetaError {
        known(131008, details: "Parameter '\(parameter)' is mandatory")
    }

    static func invalid(_ parameter: String, _ details: String) -> MetaError {
        known(131009, details: "Parameter '\(parameter)': \(details)")
    }

    static func unknownPath(_ path: String) -> MetaError {
        MetaError(status: 400, code: 2500, message: "Unknown path components: \(path)")
    }

    static func unknownObject(_ id: String) -> MetaError {
        MetaError(
            status: 400, code: 100, type: "GraphMethodException",
            message: "Unsupported post request. Object with ID '\(id)' does not exist, cannot be loaded due to missing "
                + "permissions, or does not support this operation",
            subcode: 33)
    }

    /// 429, 500 or 503.
    static func server(_ status: Int) -> MetaError {
        switch status {
        case 429: known(130429, status: 429, details: "Cloud API message throughput has been reached.")
        case 503:
            MetaError(status: 503, code: 2, message: "Service temporarily unavailable", isTransient: true)
        default: known(131000, status: 500, details: "Message failed to send due to an unknown error.")
        }
    }

    /// An error by one of the Cloud API's own codes.
    static func known(_ code: Int, status: Int = 400, details: String) -> MetaError {
        MetaError(status: status, code: code, message: "(#\(code)) \(title(code))", details: details)
    }

    static func title(_ code: Int) -> String {
        switch code {
        case 130429: "Rate limit hit"
        case 131008: "Required parameter is missing"
        case 131009: "Parameter value is not valid"
        case 131026: "Message undeliverable"
        case 131047: "Re-engagement message"
        case 131049: "This message was not delivered to maintain healthy ecosystem engagement."
        case 131050: "User's preference: no marketing messages"
        case 131051: "Unsupported message type"
        default: "Something went wrong"
        }
    }

    var response: Response {
        var members: [JSON.Member] = [
            .init(name: "message", value: .string(message)), .init(name: "type", value: .string(type)),
            .init(name: "code", value: .number("\(code)")),
        ]
        if let subcode { members.append(.init(name: "error_subcode", value: .number("\(subcode)"))) }
        if isTransient { members.append(.init(name: "is_transient", value: true)) }
        if let details {
            let data: JSON = ["messaging_product": "whatsapp", "details": .string(details)]
            members.append(.init(name: "error_data", value: data))
        }
        members.append(.init(name: "fbtrace_id", value: "AbOe0QbIVkxGkvgNLPKj5T1"))
        let body = ByteBuffer(json: ["error": .object(members)])
        var response = Response.json(status: HTTPResponse.Status(code: status), body)
        if status == 401 {
            response.headers[.wwwAuthenticate] = #"OAuth "Facebook Platform" "invalid_token" "\#(message)""#
        }
        return response
    }
}
