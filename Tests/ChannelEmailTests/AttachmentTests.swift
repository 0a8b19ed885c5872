import ChannelSDK
import ChannelTesting
import FoundationEssentials
import Testing

@testable import ChannelEmail

/// Files as each provider is given them.
@Suite struct AttachmentTests {
    private static let invoice = MessageAttachment(
        name: "invoice \"7\".pdf", mediaType: "application/pdf", content: .bytes(Array("%PDF".utf8)))
    private static let logo = MessageAttachment(
        name: "logo.png", mediaType: "image/png", content: .bytes([1, 2, 3]), contentID: "logo")

    private static var content: MessageContent {
        var content = Accounts.content
        content.attachments = [invoice, logo]
        return content
    }

    /// What is added to the request for the same content without attachments: at which path of its JSON, and what.
    private static let additions: [(provider: String, path: [String], elements: String)] = [
        (
            "sendgrid", ["attachments"],
            #"[{"content":"JVBERg==","disposition":"attachment","filename":"invoice \"7\".pdf","type":"application/pdf"},"#
                + #"{"content":"AQID","content_id":"logo","disposition":"inline","filename":"logo.png","type":"image/png"}]"#
        ),
        (
            "postmark", ["Attachments"],
            #"[{"Content":"JVBERg==","ContentType":"application/pdf","Name":"invoice \"7\".pdf"},"#
                + #"{"Content":"AQID","ContentID":"cid:logo","ContentType":"image/png","Name":"logo.png"}]"#
        ),
        (
            "resend", ["attachments"],
            #"[{"content":"JVBERg==","content_type":"application/pdf","filename":"invoice \"7\".pdf"},"#
                + #"{"content":"AQID","content_id":"logo","content_type":"image/png","filename":"logo.png"}]"#
        ),
        (
            "ses", ["Content", "Simple", "Attachments"],
            #"[{"ContentDisposition":"ATTACHMENT","ContentTransferEncoding":"BASE64","ContentType":"application/pdf","#
                + #""FileName":"invoice \"7\".pdf","RawContent":"JVBERg=="},{"ContentDisposition":"INLINE","ContentId":"logo","#
                + #""ContentTransferEncoding":"BASE64","ContentType":"image/png","FileName":"logo.png","RawContent":"AQID"}]"#
        ),
    ]

    @Test(arguments: additions.indices)
    func requestsInJSON(_ index: Int) throws {
        let (provider, path, elements) = Self.additions[index]
        let kit = try Accounts.kit(provider)
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let request = try client.request(for: kit.message(Self.content))
        let plain = try client.request(for: kit.message(Accounts.content))
        let body = try #require(JSONValue(request.body))
        let added = path.reduce(body as JSONValue?) { $0?[$1] }
        #expect(added.map { String(decoding: $0.bytes, as: UTF8.self) } == elements)
        #expect(body.without(path) == JSONValue(plain.body))
        #expect(request.url == plain.url)
        #expect(try client.request(for: kit.message(Self.content)) == request, "not the same again")
    }

    @Test func mailgunTakesAMultipartForm() throws {
        let kit = try Accounts.kit("mailgun")
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let request = try client.request(for: kit.message(Self.content))
        let type = try #require(request.headers["Content-Type"])
        let boundary = try #require(type.split(separator: "boundary=").last)
        #expect(type == "multipart/form-data; boundary=\(boundary)" && boundary.hasPrefix("switchboard-"))
        func field(_ name: String, _ value: String) -> String {
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        let expected =
            field("from", "Acme <hello@acme.example>") + field("to", "ada@example.com") + field("subject", "Hello")
            + field("text", "Hi there") + field("v:delivery", "\(kit.delivery)")
            + "--\(boundary)\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"invoice %227%22.pdf\"\r\n"
            + "Content-Type: application/pdf\r\n\r\n%PDF\r\n"
            + "--\(boundary)\r\nContent-Disposition: form-data; name=\"inline\"; filename=\"logo\"\r\n"
            + "Content-Type: image/png\r\n\r\n\u{1}\u{2}\u{3}\r\n--\(boundary)--\r\n"
        #expect(String(decoding: request.body, as: UTF8.self) == expected)
        var other = Self.content
        other.attachments[0].content = .bytes([0])
        let changed = try client.request(for: kit.message(other)).headers["Content-Type"]
        #expect(changed != type, "a boundary must depend on what it separates")
    }

    // MARK: MIME

    private let delivery = DeliveryID(
        notification: NotificationID(high: 0x0190_163d_8694_739b, low: 0xaea5_966c_26f8_ad90), ordinal: 1)

    private func body(_ content: MessageContent) throws -> String {
        let from = try #require(Mailbox("Acme <hello@acme.example>"))
        let message = MIMEMessage(
            content: try EmailContent(content, from: from), delivery: delivery, date: Timestamp(seconds: 1_767_323_045))
        let mail = String(decoding: message.bytes, as: UTF8.self)
        let start = try #require(mail.firstRange(of: "MIME-Version: 1.0\r\n")).upperBound
        return String(mail[start...]).replacing("\r\n", with: "\n")
    }

    @Test func aFileBesideATextToTheLetter() throws {
        var content = Accounts.content
        content.attachments = [Self.invoice]
        let expected = """
            Content-Type: multipart/mixed;
             boundary="=_m\(delivery)"

            --=_m\(delivery)
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Hi there
            --=_m\(delivery)
            Content-Type: application/pdf
            Content-Transfer-Encoding: base64
            Content-Disposition: attachment; filename="invoice \\"7\\".pdf"

            JVBERg==
            --=_m\(delivery)--

            """
        #expect(try body(content) == expected)
    }

    @Test func aFileInTheHTMLAndOneBesideToTheLetter() throws {
        var content = Self.content
        content.options["html"] = "<img src=\"cid:logo\">"
        content.attachments[0].name = "Rechnung Nr. 7 über Żółć.pdf"
        let expected = """
            Content-Type: multipart/mixed;
             boundary="=_m\(delivery)"

            --=_m\(delivery)
            Content-Type: multipart/alternative;
             boundary="=_\(delivery)"

            --=_\(delivery)
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Hi there
            --=_\(delivery)
            Content-Type: multipart/related; type="text/html";
             boundary="=_r\(delivery)"

            --=_r\(delivery)
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            <img src=3D"cid:logo">
            --=_r\(delivery)
            Content-Type: image/png
            Content-Transfer-Encoding: base64
            Content-Disposition: inline; filename="logo.png"
            Content-ID: <logo>

            AQID
            --=_r\(delivery)--
            --=_\(delivery)--
            --=_m\(delivery)
            Content-Type: application/pdf
            Content-Transfer-Encoding: base64
            Content-Disposition: attachment;
             filename*0*=UTF-8''Rechnung%20Nr.%207%20%C3%BCber%20%C5%BB%C3%B3;
             filename*1*=%C5%82%C4%87.pdf

            JVBERg==
            --=_m\(delivery)--

            """
        #expect(try body(content) == expected)
    }

    /// Any bytes come back from lines that are short enough.
    @Test func anyBytesComeBack() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for size in [0, 1, 56, 57, 58, 114, 5000] {
            let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let part = MIMEPart.file(
                .init(name: "a", mediaType: "application/octet-stream", content: .bytes(bytes))
            ).encoded
            let lines = part.components(separatedBy: "\r\n\r\n").last?.components(separatedBy: "\r\n") ?? []
            #expect(lines.allSatisfy { $0.utf8.count <= 76 }, "seed \(seed)")
            #expect(Data(base64Encoded: lines.joined()).map { Array($0) } == bytes, "seed \(seed), \(size) bytes")
            #expect(part.hasSuffix("\r\n"), "seed \(seed)")
        }
    }

    // MARK: What can't be sent

    @Test(arguments: Accounts.all.keys.sorted())
    func contentIsChecked(provider: String) throws {
        func one(
            _ name: String = "a.pdf", type: String = "application/pdf", link: String? = nil, id: String? = nil
        ) -> MessageContent {
            var content = Accounts.content
            let file = link.map { MessageAttachment.Content.link($0) } ?? .bytes([1])
            content.attachments = [.init(name: name, mediaType: type, content: file, contentID: id)]
            return content
        }
        var twice = Self.content
        twice.attachments += [Self.logo]
        let at = "attachments[0]"
        let takesLinks = provider == "resend"
        let link = "https://a.example/a.pdf"
        try Accounts.kit(provider).check(contents: [
            ContentCase("two files", Self.content), ContentCase("a name", one("Żółć & co.pdf")),
            ContentCase("a path", one("../a.pdf"), problemsAt: ["\(at).name"]),
            ContentCase("a DOS path", one("C:\\a.pdf"), problemsAt: ["\(at).name"]),
            ContentCase("a header", one("a\r\nBcc: x@y.example"), problemsAt: ["\(at).name"]),
            ContentCase("an override", one("a\u{202e}fdp.exe"), problemsAt: ["\(at).name"]),
            ContentCase("no name", one(""), problemsAt: ["\(at).name"]),
            ContentCase("dots", one(".."), problemsAt: ["\(at).name"]),
            ContentCase("a long name", one(String(repeating: "x", count: 256)), problemsAt: ["\(at).name"]),
            ContentCase("no type", one(type: "pdf"), problemsAt: ["\(at).mediaType"]),
            ContentCase("a parameter", one(type: "text/plain; charset=x"), problemsAt: ["\(at).mediaType"]),
            ContentCase("a mail", one(type: "message/rfc822"), problemsAt: ["\(at).mediaType"]),
            ContentCase("an id", one(id: "a@b.example")),
            ContentCase("a bad id", one(id: "a>\r\nX: y"), problemsAt: ["\(at).contentId"]),
            ContentCase("one id twice", twice, problemsAt: ["attachments"]),
            ContentCase("a link", one(link: link), problemsAt: takesLinks ? [] : ["\(at).url"]),
            ContentCase(
                "no https", one(link: "http://a.example/"),
                problemsAt: takesLinks ? ["\(at).url"] : ["\(at).url", "\(at).url"]),
        ])
    }

    @Test func resendFetchesLinks() throws {
        let kit = try Accounts.kit("resend")
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        var content = Accounts.content
        content.attachments = [
            .init(name: "a.pdf", mediaType: "application/pdf", content: .link("https://a.example/a.pdf"))
        ]
        let body = try #require(JSONValue(try client.request(for: kit.message(content)).body))
        #expect(
            body["attachments"] == [
                ["content_type": "application/pdf", "filename": "a.pdf", "path": "https://a.example/a.pdf"]
            ])
    }
}

extension JSONValue {
    /// Without the member at `path`.
    fileprivate func without(_ path: [String]) -> JSONValue {
        guard case .object(var fields) = self, let name = path.first else { return self }
        if path.count == 1 {
            fields[name] = nil
        } else {
            fields[name] = fields[name]?.without(Array(path.dropFirst()))
        }
        return .object(fields)
    }
}
