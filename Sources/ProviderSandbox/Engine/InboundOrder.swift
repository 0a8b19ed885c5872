import Hummingbird
import NIOCore

/// `POST /sandbox/inbound/PROVIDER`: a message from a handset or a mail from somebody, to be sent on to a webhook.
struct InboundOrder: Sendable {
    let from: String
    let to: String
    /// Of a mail; nil when it is not said.
    let subject: String?
    let body: String
    let webhook: CallbackURL

    /// - Parameter webhook: where it goes when it does not say so itself.
    init(_ request: Request, webhook: CallbackURL?) async throws {
        let json = JSONParser.parse(try await request.body.collect(upTo: 65_536))
        guard let from = json?["from"]?.nonEmpty, let to = json?["to"]?.nonEmpty, let body = json?["body"]?.text else {
            throw HTTPError(.badRequest, message: #"{"from", "to", "body"} is expected, each a string"#)
        }
        (self.from, self.to, self.body) = (from, to, body)
        subject = json?["subject"]?.nonEmpty
        guard let url = try json?["webhook"]?.text.map(Self.url) ?? webhook else {
            throw HTTPError(.badRequest, message: "webhook: it is missing, and the sandbox was started without one")
        }
        self.webhook = url
    }

    private static func url(_ text: String) throws -> CallbackURL {
        do {
            return try CallbackURL(text)
        } catch {
            throw HTTPError(.badRequest, message: "webhook: \(error.message)")
        }
    }
}

/// A request to a webhook that reports on no message.
final class SingleCallback: CallbackSource {
    let url: CallbackURL
    private let write: @Sendable (inout ByteBuffer) -> Void

    init(to url: CallbackURL, write: @escaping @Sendable (inout ByteBuffer) -> Void) {
        self.url = url
        self.write = write
    }

    func writeRequest(step: Int, into buffer: inout ByteBuffer) {
        write(&buffer)
    }
}

extension CallbackSender {
    /// Sends a request that reports on no message, as often as it needs.
    func send(_ callback: SingleCallback) {
        send(ReportPlan(reports: [PlannedReport(step: 0, delay: .zero)]), of: callback, reference: nil)
    }
}
