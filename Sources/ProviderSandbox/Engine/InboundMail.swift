import FoundationEssentials
import NIOCore

/// A mail to somebody, as providers hand it on.
struct InboundMail: Sendable {
    let order: InboundOrder
    /// Unique, as the provider names it.
    let id: String
    /// Milliseconds since 1970.
    let at = CivilTime.now()

    var messageID: String { "<\(id)@sandbox.example>" }
    var subject: String { order.subject ?? "Hello" }
    var date: String { CivilTime(milliseconds: at).rfc2822 }

    /// The whole mail.
    var content: String {
        """
        From: \(order.from)
        To: \(order.to)
        Subject: =?UTF-8?B?\(Data(subject.utf8).base64EncodedString())?=
        Date: \(date)
        Message-ID: \(messageID)
        MIME-Version: 1.0
        Content-Type: multipart/alternative; boundary="inbound-\(id)"

        --inbound-\(id)
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: base64

        \(Data(order.body.utf8).base64EncodedString(options: .lineLength76Characters))
        --inbound-\(id)
        Content-Type: text/html; charset=utf-8

        <p>The same with ornaments.</p>
        --inbound-\(id)--

        """.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n")
    }

    /// `multipart/form-data` with these fields.
    static func form(_ fields: [(name: String, value: String)], boundary: String) -> ByteBuffer {
        var body = ByteBuffer()
        for field in fields {
            body.writeString("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(field.name)\"\r\n\r\n")
            body.writeString("\(field.value)\r\n")
        }
        body.writeString("--\(boundary)--\r\n")
        return body
    }
}

extension CallbackSender {
    /// Sends the same request on, as often as it needs, and answers with the mail's id.
    func send(
        _ mail: InboundMail, headers: [(name: StaticString, value: String)], body: ByteBuffer
    ) -> ByteBuffer {
        send(
            SingleCallback(to: mail.order.webhook) {
                $0.writeRequest(to: mail.order.webhook, headers: headers, body: body)
            })
        return ByteBuffer(json: ["id": .string(mail.id)])
    }
}
