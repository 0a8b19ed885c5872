import FoundationEssentials
import Hummingbird
import NIOCore

/// An error of the SMS API: HTTP 200 with a number inside.
struct VonageSMSError: ProviderError, Hashable {
    var code: Int
    var text: String

    static let credentials = VonageSMSError(code: 4, text: "Bad Credentials")
    static let signature = VonageSMSError(code: 14, text: "Invalid Signature")
    static let throttled = VonageSMSError(
        code: 1, text: "Throughput Rate Exceeded - please wait [ 250 ] and retry")
    static let invalidMessage = VonageSMSError(
        code: 6, text: "The number prefix of the 'to' parameter is not recognised")
    static let unreadable = VonageSMSError(code: 3, text: "Invalid request body")

    static func missing(_ parameter: String) -> VonageSMSError {
        VonageSMSError(code: 2, text: "Missing \(parameter) param")
    }

    static func invalid(_ parameter: String, _ reason: String) -> VonageSMSError {
        VonageSMSError(code: 3, text: "Invalid value for param: \(parameter): \(reason)")
    }

    /// 429 and 500 are numbers of the API's own; 503 is what stands before it.
    static func response(toFailure status: Int) -> Response {
        switch status {
        case 429: throttled.response
        case 503: Response(status: .serviceUnavailable)
        default: VonageSMSError(code: 5, text: "Internal Error").response
        }
    }

    var response: Response {
        let message: JSON = ["status": .string("\(code)"), "error-text": .string(text)]
        return Response.json(ByteBuffer(json: ["message-count": "1", "messages": [message]]))
    }
}

/// A request to the SMS API, checked as Vonage checks it.
struct VonageSMSRequest: Sendable {
    /// Digits.
    let to: String
    let from: String
    let text: String
    let clientReference: String?
    let callback: CallbackURL?
    let wantsReceipts: Bool

    var delivery: String? { callback?.delivery ?? clientReference }

    /// The first thing that is wrong.
    init(
        _ body: ByteBuffer, contentType: String?, authorization: String?, settings: VonageSettings
    ) throws(VonageSMSError) {
        let fields = try Self.fields(body, isJSON: contentType?.lowercased().hasPrefix("application/json") ?? false)
        try Self.authenticate(fields, authorization, settings)
        func value(_ name: String) -> String? {
            fields.first { $0.name == name && !$0.value.isEmpty }?.value
        }
        guard let to = value("to") else { throw .missing("to") }
        guard let from = value("from") else { throw .missing("from") }
        guard let text = value("text") else { throw .missing("text") }
        let digits = to.drop { $0 == "+" }
        guard (7...15).contains(digits.utf8.count), digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw .invalid("to", "it is no phone number")
        }
        (self.to, self.from, self.text) = (String(digits), from, text)
        clientReference = value("client-ref")
        guard clientReference?.count ?? 0 <= 100 else { throw .invalid("client-ref", "longer than 100 characters") }
        wantsReceipts = value("status-report-req") != "0"
        do {
            callback = try CallbackURL.optional(value("callback"))
        } catch {
            throw .invalid("callback", error.message)
        }
    }

    private static func fields(
        _ body: ByteBuffer, isJSON: Bool
    ) throws(VonageSMSError) -> [(name: String, value: String)] {
        guard isJSON else {
            guard let form = FormFields(body) else { throw .unreadable }
            return form.all
        }
        guard let members = JSONParser.parse(body)?.members else { throw .unreadable }
        return members.map { member in
            if case .number(let digits) = member.value { return (member.name, digits) }
            return (member.name, member.value.text ?? "")
        }
    }

    /// By Basic authentication, by key and secret, or by key and signature.
    private static func authenticate(
        _ fields: [(name: String, value: String)], _ authorization: String?, _ settings: VonageSettings
    ) throws(VonageSMSError) {
        func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        if let authorization {
            let credentials = Data("\(settings.apiKey):\(settings.apiSecret)".utf8).base64EncodedString()
            guard authorization == "Basic \(credentials)" else { throw .credentials }
            return
        }
        guard value("api_key") == settings.apiKey else { throw .credentials }
        if let signature = value("sig") {
            let signer = VonageSigner(secret: settings.signatureSecret ?? "", method: settings.signatureMethod)
            guard settings.signatureSecret != nil, value("timestamp") != nil,
                signer.signature(of: fields) == signature.lowercased()
            else { throw .signature }
            return
        }
        guard value("api_secret") == settings.apiSecret else { throw .credentials }
    }
}
