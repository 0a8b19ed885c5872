import NIOCore

/// A signed request to a webhook, as Twilio writes it.
struct TwilioForm: ~Copyable {
    private let url: CallbackURL
    private var form = ByteBuffer()
    /// What is signed: the URL, then each field's name and value.
    private var signed: [UInt8]
    private var lastName = ""

    init(to url: CallbackURL) {
        self.url = url
        signed = Array(url.text.utf8)
        signed.reserveCapacity(768)
        form.reserveCapacity(512)
    }

    /// Fields are added in byte order of their names, each name once: this is the order in which they are signed.
    mutating func add(_ name: String, _ value: String) {
        assert(lastName < name, "\(name) does not come after \(lastName)")
        lastName = name
        if form.readableBytes > 0 { form.writeInteger(UInt8(ascii: "&")) }
        form.writeString(name)
        form.writeInteger(UInt8(ascii: "="))
        form.writeFormEncoded(value)
        signed += name.utf8
        signed += value.utf8
    }

    /// Appends the whole HTTP request.
    consuming func write(signedBy signer: TwilioSigner, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("POST ")
        buffer.writeString(url.target)
        buffer.writeStaticString(" HTTP/1.1\r\nHost: ")
        buffer.writeString(url.authority)
        buffer.writeStaticString("\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\nX-Twilio-Signature: ")
        buffer.writeString(signer.signature(of: signed))
        buffer.writeStaticString(
            "\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: ")
        buffer.writeString(String(form.readableBytes))
        buffer.writeStaticString("\r\n\r\n")
        buffer.writeBuffer(&form)
    }
}
