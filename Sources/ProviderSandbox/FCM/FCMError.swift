import HTTPTypes
import Hummingbird
import NIOCore

/// An error answer of the HTTP v1 API: `status` is Google's word for the HTTP status, `errorCode` FCM's own.
struct FCMError: ProviderError, Hashable {
    var code: Int
    var status: String
    var errorCode: String?
    var message: String

    static let unregistered = FCMError(
        code: 404, status: "NOT_FOUND", errorCode: "UNREGISTERED", message: "Requested entity was not found.")
    static let otherSender = FCMError(
        code: 403, status: "PERMISSION_DENIED", errorCode: "SENDER_ID_MISMATCH", message: "SenderId mismatch")
    static let invalidToken = invalid("The registration token is not a valid FCM registration token")
    static let noAPNs = FCMError(
        code: 401, status: "UNAUTHENTICATED", errorCode: "THIRD_PARTY_AUTH_ERROR",
        message: "Auth error from APNS or Web Push Service")
    /// Of the access token: not FCM's own, but Google's at its door.
    static let unauthenticated = FCMError(
        code: 401, status: "UNAUTHENTICATED",
        message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
            + "valid authentication credential.")
    static let forbidden = FCMError(
        code: 403, status: "PERMISSION_DENIED",
        message: "Permission 'cloudmessaging.messages.create' denied on the resource (or it may not exist).")

    static func invalid(_ message: String) -> FCMError {
        FCMError(code: 400, status: "INVALID_ARGUMENT", errorCode: "INVALID_ARGUMENT", message: message)
    }

    /// 429, 500 or 503.
    static func server(_ status: Int) -> FCMError {
        switch status {
        case 429:
            FCMError(
                code: 429, status: "RESOURCE_EXHAUSTED", errorCode: "QUOTA_EXCEEDED",
                message: "Quota exceeded for quota metric 'Send requests' of service 'fcm.googleapis.com'.")
        case 503:
            FCMError(
                code: 503, status: "UNAVAILABLE", errorCode: "UNAVAILABLE",
                message: "The service is currently unavailable.")
        default:
            FCMError(code: 500, status: "INTERNAL", errorCode: "INTERNAL", message: "Internal error encountered.")
        }
    }

    var response: Response {
        let details: [JSON] =
            errorCode.map {
                [["@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": .string($0)]]
            } ?? []
        let body: JSON = [
            "error": [
                "code": .number("\(code)"), "message": .string(message), "status": .string(status),
                "details": .array(details),
            ]
        ]
        var response = Response.json(status: HTTPResponse.Status(code: code), ByteBuffer(json: body))
        if code == 429 || code == 503 { response.headers[.retryAfter] = "1" }
        return response
    }
}

/// An error answer of Google's token endpoint (RFC 6749, 5.2).
struct FCMTokenError: ProviderError {
    var error: String
    var description: String

    static func grant(_ description: String) -> FCMTokenError {
        .init(error: "invalid_grant", description: description)
    }

    var response: Response {
        .json(
            status: .badRequest,
            ByteBuffer(json: ["error": .string(error), "error_description": .string(description)]))
    }
}
