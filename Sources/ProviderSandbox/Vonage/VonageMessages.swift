import HTTPTypes
import Hummingbird
import NIOCore

/// An error answer of the Messages API.
struct VonageMessagesError: ProviderError, Hashable {
    var status: Int
    var type: String
    var title: String
    var detail: String
    var parameter: String?

    static let unauthorized = VonageMessagesError(
        status: 401, type: "unauthorized", title: "You did not provide correct credentials.",
        detail: "Check that you're using the correct credentials, and that your account has this feature enabled")

    static func invalid(_ parameter: String, _ reason: String) -> VonageMessagesError {
        VonageMessagesError(
            status: 422, type: "messages#1150", title: "Invalid params",
            detail: "The value of one or more parameters is invalid: \(reason)", parameter: parameter)
    }

    /// 429, 500 or 503.
    static func server(_ status: Int) -> VonageMessagesError {
        status == 429
            ? VonageMessagesError(
                status: 429, type: "#throttled", title: "Rate Limit Hit",
                detail: "Please wait, then retry your request")
            : VonageMessagesError(
                status: status, type: "#internal-error", title: "Internal Error",
                detail: status == 503 ? "The service is unavailable" : "There was an error processing your request")
    }

    var response: Response {
        let body = JSON(present: [
            "type": .string("https://developer.vonage.com/api-errors/\(type)"), "title": .string(title),
            "detail": .string(detail), "instance": "00000000-0000-0000-0000-00000000005a",
            "invalid_parameters": parameter.map { [["name": .string($0), "reason": .string(detail)]] },
        ])
        return Response.json(status: HTTPResponse.Status(code: status), ByteBuffer(json: body))
    }
}

/// A request to the Messages API, checked as Vonage checks it.
struct VonageMessagesRequest: Sendable {
    private static let channels: Set = ["sms", "mms", "rcs", "whatsapp", "messenger", "viber_service"]

    let to: String
    let from: String
    let channel: String
    let isTemplate: Bool
    let body: String
    let clientReference: String?
    let callback: CallbackURL?

    var delivery: String? { callback?.delivery ?? clientReference }

    /// The first thing that is wrong.
    init(_ body: ByteBuffer) throws(VonageMessagesError) {
        guard let json = JSONParser.parse(body), json.isObject else { throw .invalid("body", "it is not JSON") }
        guard let channel = json["channel"]?.text, Self.channels.contains(channel) else {
            throw .invalid("channel", "it is missing or not known")
        }
        guard let type = json["message_type"]?.nonEmpty else { throw .invalid("message_type", "it is missing") }
        guard let to = json["to"]?.nonEmpty else { throw .invalid("to", "it is missing") }
        let digits = to.drop { $0 == "+" }
        guard channel == "messenger" || (7...15).contains(digits.utf8.count), digits.allSatisfy(\.isNumber) else {
            throw .invalid("to", "it is no phone number")
        }
        guard let from = json["from"]?.nonEmpty else { throw .invalid("from", "it is missing") }
        let content = json[type]
        guard let text = type == "text" ? content?.nonEmpty : content.map({ String(buffer: ByteBuffer(json: $0)) })
        else { throw .invalid(type, "it is missing") }
        (self.to, self.from, self.channel, self.body) = (String(digits), from, channel, text)
        isTemplate = type == "template" || json["custom"]?["type"] == "template"
        clientReference = json["client_ref"]?.nonEmpty
        do {
            callback = try CallbackURL.optional(json["webhook_url"]?.nonEmpty)
        } catch {
            throw .invalid("webhook_url", error.message)
        }
    }
}

/// A webhook of the Messages API: JSON, with a token that covers it.
struct VonageMessagesCall: Sendable {
    let url: CallbackURL
    let settings: VonageSettings
    let names: UniqueNames

    func write(_ json: JSON, into buffer: inout ByteBuffer) {
        let body = ByteBuffer(json: json)
        var headers: [(StaticString, String)] = [("User-Agent", "Vonage"), ("Content-Type", "application/json")]
        if let secret = settings.signatureSecret {
            let token = VonageSigner(secret: secret, method: .sha256)
                .token(for: body, apiKey: settings.apiKey, id: names.uuid(), at: CivilTime.now() / 1000)
            headers.append(("Authorization", "Bearer \(token)"))
        }
        buffer.writeRequest(to: url, headers: headers, body: body)
    }
}

/// Writes the status webhooks of one message.
final class VonageMessagesReports: CallbackSource {
    let url: CallbackURL
    private let call: VonageMessagesCall
    private let request: VonageMessagesRequest
    private let id: String
    private let life: MessageLife
    private let times = ReportTimes()

    init(about request: VonageMessagesRequest, as submission: Submission, call: VonageMessagesCall) {
        url = call.url
        self.call = call
        self.request = request
        id = submission.sid
        life = submission.life
    }

    func writeRequest(step position: Int, into buffer: inout ByteBuffer) {
        let step = life.steps[position]
        let error = step.errorCode.map { code -> JSON in
            [
                "type": .string("https://developer.vonage.com/api-errors/messages#\(code)"),
                "title": .string("\(code)"), "detail": .string(Self.words(code)), "instance": .string(id),
            ]
        }
        call.write(
            JSON(present: [
                "message_uuid": .string(id), "to": .string(request.to), "from": .string(request.from),
                "timestamp": .string(CivilTime(milliseconds: times.of(position)).iso8601),
                "status": .string(step.status), "error": error, "channel": .string(request.channel),
                "client_ref": request.clientReference.map(JSON.string),
            ]), into: &buffer)
    }

    private static func words(_ code: Int) -> String {
        switch code {
        case 1190: "Absent Subscriber - Permanent"
        case 1210: "Anti-Spam Rejection"
        case 1290: "Number Blocked by Carrier"
        case 1340: "Outside of the allowed window"
        default: "Unknown"
        }
    }
}
