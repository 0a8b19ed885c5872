import NIOCore

/// A request to one of the account's webhooks, with both signatures that Plivo sends.
struct PlivoCall: Sendable {
    let url: CallbackURL
    let signer: PlivoSigner
    let names: UniqueNames

    func write(_ fields: [PlivoSigner.Field], byGET: Bool = false, into buffer: inout ByteBuffer) {
        var form = ByteBuffer()
        for field in fields {
            if form.readableBytes > 0 { form.writeStaticString("&") }
            form.writeFormEncoded(field.name)
            form.writeStaticString("=")
            form.writeFormEncoded(field.value)
        }
        let query = url.query + (byGET ? fields : [])
        // A nonce is good for one request, so each try has its own.
        let nonce = String(names.next().low % 100_000_000_000_000_000)
        let headers: [(StaticString, String)] = [
            ("User-Agent", "Plivo"), ("X-Plivo-Signature-V2", signer.version2(url: url.text, nonce: nonce)),
            ("X-Plivo-Signature-V2-Nonce", nonce),
            (
                "X-Plivo-Signature-V3",
                signer.version3(url: url.text, query: query, form: byGET ? nil : fields, nonce: nonce)
            ), ("X-Plivo-Signature-V3-Nonce", nonce),
        ]
        if byGET {
            let target = url.target + (url.target.contains("?") ? "&" : "?") + String(buffer: form)
            buffer.writeRequest("GET", to: url, target: target, headers: headers, body: ByteBuffer())
        } else {
            buffer.writeRequest(
                to: url, headers: headers + [("Content-Type", "application/x-www-form-urlencoded")], body: form)
        }
    }
}

/// Writes the status callbacks of one message.
final class PlivoReports: CallbackSource {
    /// The number that a powerpack sends from.
    private static let pooledNumber = "15017122661"

    let url: CallbackURL
    private let call: PlivoCall
    private let id: String
    private let request: PlivoRequest
    private let life: MessageLife
    /// How many are reported on, each by itself.
    private let parts: Int
    private let names: UniqueNames
    private let takenAt = CivilTime.now()

    init(about request: PlivoRequest, as submission: Submission, call: PlivoCall, parts: Int) {
        url = call.url
        self.call = call
        self.request = request
        self.parts = parts
        names = call.names
        id = submission.sid
        life = submission.life
    }

    func writeRequest(step position: Int, into buffer: inout ByteBuffer) {
        let step = life.steps[position]
        let part = position % parts
        let time = CivilTime(milliseconds: takenAt).plain
        let segments = SMSSegments.count(request.text)
        let fields: [PlivoSigner.Field] = [
            ("MessageUUID", part == 0 ? id : Self.segment(part, of: id)), ("ParentMessageUUID", id),
            ("Status", step.status), ("From", request.from ?? Self.pooledNumber), ("To", request.to),
            ("ErrorCode", step.errorCode.map { String($0) } ?? "000"),
            ("PartInfo", "\(part + 1) of \(parts)"), ("Units", "\(parts > 1 ? 1 : segments)"), ("TotalRate", "0"),
            ("TotalAmount", "0"), ("MCC", "310"), ("MNC", "004"), ("MessageTime", time), ("QueuedTime", time),
            ("SentTime", time),
        ]
        call.write(fields, byGET: request.callsWithGET, into: &buffer)
    }

    /// A name of its own, the same each time.
    private static func segment(_ part: Int, of id: String) -> String {
        "\(id.prefix(24))\(DerivedName.hexadecimal(id, "\(part)").prefix(12))"
    }
}
