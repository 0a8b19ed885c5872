import FoundationEssentials
import Hummingbird
import NIOCore

/// `POST /sandbox/inbound`: a message from a handset, sent on to the account's webhook.
struct TwilioInbound: Sendable {
    private struct Order: Decodable {
        var from: String
        var to: String
        var body: String
        var webhook: String
    }

    /// Writes the webhook's request.
    private final class Webhook: CallbackSource {
        let url: CallbackURL
        private let order: Order
        private let sid: String
        private let account: TwilioAccount

        init(_ order: Order, to url: CallbackURL, sid: String, account: TwilioAccount) {
            self.order = order
            self.url = url
            self.sid = sid
            self.account = account
        }

        func writeRequest(step: Int, into buffer: inout ByteBuffer) {
            var form = TwilioForm(to: url)
            form.add("AccountSid", account.sid)
            form.add("ApiVersion", TwilioAPI.version)
            form.add("Body", order.body)
            let isOnWhatsApp = TwilioRequest.isWhatsApp(order.from)
            if isOnWhatsApp { form.add("ChannelPrefix", "whatsapp") }
            form.add("From", order.from)
            form.add("MessageSid", sid)
            form.add("NumMedia", "0")
            form.add("NumSegments", String(isOnWhatsApp ? 1 : SMSSegments.count(order.body)))
            if isOnWhatsApp { form.add("ProfileName", "Sandbox") }
            form.add("SmsMessageSid", sid)
            form.add("SmsSid", sid)
            form.add("SmsStatus", "received")
            form.add("To", order.to)
            if isOnWhatsApp { form.add("WaId", String(TwilioRequest.withoutPrefix(order.from).drop { $0 == "+" })) }
            form.write(signedBy: account.signer, into: &buffer)
        }
    }

    let account: TwilioAccount
    let sids: TwilioSIDs
    let sender: CallbackSender

    func addRoutes(to router: Router<SandboxContext>) {
        router.post("sandbox/inbound") { request, context in
            let order = try await request.decode(as: Order.self, context: context)
            return try deliver(order)
        }
    }

    /// Answers 202 with the message's sid: the webhook is called afterwards, as often as it needs.
    private func deliver(_ order: Order) throws -> Response {
        let url: CallbackURL
        do {
            url = try CallbackURL(order.webhook)
        } catch {
            throw HTTPError(.badRequest, message: "webhook: \(error.message)")
        }
        let sid = sids.next()
        let webhook = Webhook(order, to: url, sid: sid, account: account)
        sender.send(ReportPlan(reports: [PlannedReport(step: 0, delay: .zero)]), of: webhook, reference: nil)
        var json = ByteBuffer(string: "{\"sid\":")
        json.writeJSON(sid)
        json.writeStaticString("}")
        return Response.json(status: .accepted, json)
    }
}
