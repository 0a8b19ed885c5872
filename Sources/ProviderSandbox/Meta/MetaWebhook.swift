import Crypto
import FoundationEssentials
import NIOCore

/// Writes the account's webhooks: signed, with up to 1,000 updates in each.
final class MetaWebhook: BatchWebhook {
    let url: CallbackURL
    private let settings: MetaSettings
    private let signer: MetaSigner

    init(to url: CallbackURL, settings: MetaSettings) {
        self.url = url
        self.settings = settings
        signer = MetaSigner(secret: settings.appSecret)
    }

    /// - Parameter events: elements of `statuses`.
    func writeRequest(_ events: [JSON], into buffer: inout ByteBuffer) {
        write(["statuses": .array(events)], into: &buffer)
    }

    /// - Parameter updates: what stands beside the account's own data.
    func write(_ updates: JSON, into buffer: inout ByteBuffer) {
        let common: JSON = [
            "messaging_product": "whatsapp",
            "metadata": [
                "display_phone_number": .string(settings.displayPhoneNumber),
                "phone_number_id": .string(settings.phoneNumberID),
            ],
        ]
        let value = JSON.object((common.members ?? []) + (updates.members ?? []))
        let notice: JSON = [
            "object": "whatsapp_business_account",
            "entry": [["id": .string(settings.businessAccount), "changes": [["value": value, "field": "messages"]]]],
        ]
        // Meta signs what it sends, and it sends ASCII only.
        let body = ByteBuffer(json: notice, escapesUnicode: true)
        buffer.writeRequest(
            to: url,
            headers: [
                ("User-Agent", "facebookexternalua"), ("Accept", "*/*"), ("Content-Type", "application/json"),
                ("X-Hub-Signature-256", signer.signature(of: body)),
            ], body: body)
    }
}

/// Meta's signature: hex HMAC-SHA256 of the raw body, keyed with the app's secret.
struct MetaSigner: Sendable {
    private let keyed: HMAC<SHA256>

    init(secret: String) {
        keyed = HMAC(key: SymmetricKey(data: Data(secret.utf8)))
    }

    func signature(of body: ByteBuffer) -> String {
        var code = keyed
        code.update(data: body.readableBytesView)
        return "sha256=" + code.finalize().hexadecimal
    }
}

/// Writes the statuses of one message.
final class MetaReports: BatchedCallbackSource {
    let webhook: any BatchWebhook
    private let id: String
    private let recipient: String
    private let callbackData: String?
    private let isTemplate: Bool
    private let life: MessageLife
    private let times = ReportTimes()

    init(about request: MetaRequest, as submission: Submission, to webhook: MetaWebhook) {
        self.webhook = webhook
        id = submission.sid
        recipient = request.recipient
        callbackData = request.callbackData
        isTemplate = request.isTemplate
        life = submission.life
    }

    func event(step position: Int) -> JSON {
        let step = life.steps[position]
        let isPriced = step.status == "sent" || step.status == "delivered"
        let category: JSON = isTemplate ? "utility" : "service"
        return JSON(present: [
            "id": .string(id), "status": .string(step.status), "timestamp": .string("\(times.of(position) / 1000)"),
            "recipient_id": .string(recipient),
            "conversation": isPriced ? ["id": .string(conversation), "origin": ["type": category]] : nil,
            "pricing": isPriced
                ? ["billable": .boolean(isTemplate), "pricing_model": "PMP", "category": category] : nil,
            "errors": step.errorCode.map { [Self.error($0)] },
            "biz_opaque_callback_data": callbackData.map(JSON.string),
        ])
    }

    /// The same for a recipient, as it is for a day at Meta.
    private var conversation: String {
        Insecure.MD5.hash(data: Data(recipient.utf8)).hexadecimal
    }

    private static func error(_ code: Int) -> JSON {
        let title = JSON.string(MetaError.title(code))
        return [
            "code": .number("\(code)"), "title": title, "message": title, "error_data": ["details": title],
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        ]
    }
}
