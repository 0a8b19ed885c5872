import NIOCore

/// Writes the delivery reports of one message: each a GET of the address that the sender gave, its escapes filled in.
final class KannelReports: CallbackSource {
    /// With nothing for its escapes.
    let url: CallbackURL
    private let address: String
    private let id: String
    private let request: KannelRequest
    private let life: MessageLife
    private let times = ReportTimes()

    /// - Throws: when the address is none.
    init(about request: KannelRequest, as submission: Submission, to address: String) throws(CallbackURL.Problem) {
        url = try CallbackURL(KannelEscapes.expand(address) { _ in "" })
        self.address = address
        self.request = request
        id = submission.sid
        life = submission.life
    }

    func writeRequest(step: Int, into buffer: inout ByteBuffer) {
        let status = KannelStatus(rawValue: life.steps[step].status) ?? .failed
        let time = times.of(step)
        let expanded = KannelEscapes.expand(address) { letter in
            switch letter {
            case "d": String(status.bit)
            // The one that the message was sent from, and to.
            case "p": request.from
            case "P": request.to
            case "a", "A": status.text
            case "I": id
            case "i": "SANDBOX"
            case "n": request.username
            case "t": String(CivilTime(milliseconds: time).plain.dropLast(3))
            case "T": "\(time / 1000)"
            case "F": String(id.prefix(8))
            default: nil
            }
        }
        let target = (try? CallbackURL(expanded))?.target
        buffer.writeRequest(
            "GET", to: url, target: target, headers: [("User-Agent", "Kannel/1.4.5")], body: ByteBuffer())
    }
}
