import NIOCore

/// A request of the SMS API to an address of the account's: a receipt or an inbound message.
struct VonageCall: Sendable {
    let url: CallbackURL
    let settings: VonageSettings
    let names: UniqueNames

    func write(_ fields: [(name: String, value: String)], into buffer: inout ByteBuffer) {
        var fields = fields + [("api-key", settings.apiKey)]
        if let secret = settings.signatureSecret {
            fields += [("timestamp", "\(CivilTime.now() / 1000)"), ("nonce", names.uuid())]
            // What the address has in its query is part of a GET, and signed there.
            let signed = settings.receiptMethod == .get ? url.query + fields : fields
            let signer = VonageSigner(secret: secret, method: settings.signatureMethod)
            fields.append(("sig", signer.signature(of: signed)))
        }
        let agent: (StaticString, String) = ("User-Agent", "Nexmo/MessagingHUB/v1.0")
        switch settings.receiptMethod {
        case .json:
            let body = JSON.object(fields.map { JSON.Member(name: $0.name, value: .string($0.value)) })
            buffer.writeRequest(
                to: url, headers: [agent, ("Content-Type", "application/json")], body: ByteBuffer(json: body))
        case .post:
            buffer.writeRequest(
                to: url, headers: [agent, ("Content-Type", "application/x-www-form-urlencoded")],
                body: Self.form(fields))
        case .get:
            let separator = url.target.contains("?") ? "&" : "?"
            let target = url.target + separator + String(buffer: Self.form(fields))
            buffer.writeRequest("GET", to: url, target: target, headers: [agent], body: ByteBuffer())
        }
    }

    private static func form(_ fields: [(name: String, value: String)]) -> ByteBuffer {
        var form = ByteBuffer()
        for field in fields {
            if form.readableBytes > 0 { form.writeStaticString("&") }
            form.writeFormEncoded(field.name)
            form.writeStaticString("=")
            form.writeFormEncoded(field.value)
        }
        return form
    }
}

/// Writes the delivery receipts of one message: of each segment by itself.
final class VonageReceipts: CallbackSource {
    let url: CallbackURL
    private let call: VonageCall
    private let request: VonageSMSRequest
    /// Of the segments.
    private let ids: [String]
    private let life: MessageLife
    private let times = ReportTimes()

    init(about request: VonageSMSRequest, as submission: Submission, ids: [String], call: VonageCall) {
        url = call.url
        self.call = call
        self.request = request
        self.ids = ids
        life = submission.life
    }

    func writeRequest(step position: Int, into buffer: inout ByteBuffer) {
        let step = life.steps[position]
        let time = CivilTime(milliseconds: times.of(position))
        // In a receipt the handset is `msisdn`, and `to` our sender.
        call.write(
            [
                ("msisdn", request.to), ("to", request.from), ("network-code", "31000"),
                ("messageId", ids[position % ids.count]), ("price", "0.03330000"), ("status", step.status),
                ("scts", time.receiptDate), ("err-code", "\(step.errorCode ?? 0)"), ("message-timestamp", time.plain),
            ] + (request.clientReference.map { [("client-ref", $0)] } ?? []), into: &buffer)
    }
}
