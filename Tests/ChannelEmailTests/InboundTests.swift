import ChannelEmail
import ChannelSDK
import ChannelTesting
import Foundation
import Testing

/// Mails to us, by every provider.
@Suite struct InboundTests {
    private static let sentAt = Timestamp(year: 2026, month: 1, day: 2, hour: 2, minute: 4, second: 5)

    private static func says(
        _ id: String, body: String = "Hi there", subject: String? = "Hellö", from: String = "ada@example.com",
        to: String = "help@acme.example", at: Timestamp? = sentAt, media: [String] = []
    ) -> WebhookContents {
        WebhookContents(inbound: [
            InboundMessage(
                providerMessageID: id, sender: from, recipient: to, body: body, media: media, occurredAt: at,
                subject: subject)
        ])
    }

    private static func form(_ fields: [(String, String)], files: [(String, String)] = []) -> WebhookRequest {
        var body = fields.map { "--xYzZY\r\nContent-Disposition: form-data; name=\"\($0)\"\r\n\r\n\($1)\r\n" }
        body += files.map {
            "--xYzZY\r\nContent-Disposition: form-data; name=\"\($0)\"; filename=\"a.bin\"\r\n"
                + "Content-Type: application/octet-stream\r\n\r\n\($1)\r\n"
        }
        return Accounts.webhook(
            body.joined() + "--xYzZY--\r\n", headers: ["Content-Type": "multipart/form-data; boundary=xYzZY"])
    }

    // MARK: SendGrid

    private static let parsed = [
        ("headers", "Received: by x\nMessage-ID: <m1@mail.example>\nDate: Fri, 02 Jan 2026 03:04:05 +0100\n"),
        ("to", "Help <other@acme.example>"), ("from", "Ada <ada@example.com>"), ("subject", "Hellö"),
        ("text", "Hi there"), ("html", "<p>Hi</p>"),
        ("envelope", #"{"to":["help@acme.example"],"from":"bounce@mail.example"}"#),
    ]

    @Test func sendGrid() throws {
        let kit = try Accounts.kit("sendgrid")
        func without(_ names: String..., with more: [(String, String)] = []) -> WebhookRequest {
            Self.form(Self.parsed.filter { !names.contains($0.0) } + more)
        }
        let raw =
            "From: Ada <ada@example.com>\r\nTo: x@y.example\r\nMessage-ID: <m1@mail.example>\r\n"
            + "Date: Fri, 2 Jan 2026 03:04:05 +0100\r\nSubject: =?iso-8859-1?Q?Hell=F6?=\r\n\r\nHi there"
        kit.check(webhooks: [
            WebhookCase("fields", Self.form(Self.parsed), says: Self.says("m1@mail.example")),
            WebhookCase(
                "with a file that has lines of its own",
                Self.form(Self.parsed, files: [("attachment1", "a\r\n--xYzZ\r\n\r\nb"), ("text", "not this")]),
                says: Self.says("m1@mail.example")),
            WebhookCase(
                "HTML alone", without("text"), says: Self.says("m1@mail.example", body: "<p>Hi</p>")),
            WebhookCase(
                "no envelope", without("envelope"), says: Self.says("m1@mail.example", to: "other@acme.example")),
            WebhookCase(
                "raw", without("headers", "to", "from", "subject", "text", "html", with: [("email", raw)]),
                says: Self.says("m1@mail.example")),
            WebhookCase(refusing: "nobody's", without("from", "envelope")),
            WebhookCase(
                refusing: "no boundary",
                Accounts.webhook("x", headers: ["Content-Type": "multipart/form-data"])),
            // Without a content type of a form it is no mail.
            WebhookCase(refusing: "no form", Accounts.webhook("{}")),
        ])
    }

    @Test func fieldsInOtherCharacterSets() throws {
        let kit = try Accounts.kit("sendgrid")
        var request = Self.form(
            Self.parsed.filter { $0.0 != "text" } + [("charsets", #"{"text":"iso-8859-1","subject":"UTF-8"}"#)])
        let end = Array("--xYzZY--\r\n".utf8)
        let field =
            Array("--xYzZY\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n".utf8) + [0xE9, 0x80, 13, 10]
        request = WebhookRequest(
            method: request.method, url: request.url, headers: request.headers,
            body: request.body.dropLast(end.count) + field + end, receivedAt: request.receivedAt)
        kit.check(webhooks: [WebhookCase("Latin 1", request, says: Self.says("m1@mail.example", body: "é€"))])
    }

    /// Who knows the secret of the address may write mails to us, and report on none of ours.
    @Test func sendGridBelievesTheSecretForMailsOnly() async throws {
        let kit = try Accounts.kit("sendgrid", ["inbound_secret": .secret(Secret("0123456789-abc.~"))])
        let request = Self.form(Self.parsed)
        await kit.check(verificationOf: [request], coversBody: false) { $0.at("\($0.url)?secret=0123456789-abc.~") }
        guard case .scheme(let verifier) = kit.channel.webhooks.verification else { throw NoVerifier() }
        func isGenuine(_ request: WebhookRequest) async -> Bool {
            await verifier.verify(request, now: request.receivedAt) == .genuine
        }
        let good = "\(request.url)?secret=0123456789-abc.~"
        #expect(await isGenuine(request.at(good)))
        #expect(await !isGenuine(request.at("\(request.url)?secret=0123456789-abc.")))
        #expect(await !isGenuine(Accounts.webhook("[]").at(good)), "an event")
        var headers = request.headers
        headers["X-Twilio-Email-Event-Webhook-Signature"] = "x"
        #expect(
            await !isGenuine(
                WebhookRequest(
                    method: "POST", url: good, headers: headers, body: request.body, receivedAt: request.receivedAt)))
        let closed = try Accounts.kit("sendgrid")
        guard case .scheme(let none) = closed.channel.webhooks.verification else { throw NoVerifier() }
        #expect(await none.verify(request.at("\(request.url)?secret="), now: request.receivedAt) != .genuine)
    }

    @Test(arguments: ["short", "0123456789 abcdef", "0123456789&abcdef"])
    func aSecretThatCannotStandInAnAddress(secret: String) throws {
        #expect(throws: (any Error).self) {
            try Accounts.kit("sendgrid", ["inbound_secret": .secret(Secret(secret))])
        }
    }

    private struct NoVerifier: Error {}

    // MARK: Mailgun

    @Test func mailgun() throws {
        let kit = try Accounts.kit("mailgun")
        let fields = [
            ("recipient", "help@acme.example"), ("sender", "bounce@mail.example"), ("from", "Ada <ada@example.com>"),
            ("subject", "Hellö"), ("body-plain", "Hi there"), ("body-html", "<p>Hi</p>"),
            ("Message-Id", "<m1@mail.example>"), ("Date", "Fri, 2 Jan 2026 03:04:05 +0100"), ("timestamp", "1"),
            ("token", "t1"), ("signature", "s"),
        ]
        let plain = fields.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!)"
        }
        let stored = fields.filter { !$0.0.hasPrefix("body") && $0.0 != "Message-Id" }
        kit.check(webhooks: [
            WebhookCase("with files", Self.form(fields), says: Self.says("m1@mail.example")),
            WebhookCase(
                "without",
                Accounts.webhook(
                    plain.joined(separator: "&"), headers: ["Content-Type": "application/x-www-form-urlencoded"]),
                says: Self.says("m1@mail.example")),
            WebhookCase(
                "stored", Self.form(stored + [("message-url", "https://storage.mailgun.example/1")]),
                says: Self.says("t1", body: "", media: ["https://storage.mailgun.example/1"])),
            WebhookCase(refusing: "another form", Self.form([("a", "b")])),
        ])
    }

    /// The published vectors' key, time and token; the rest of the form is what it is. That a token is good for one body
    /// only is told by MailgunTests.
    @Test func mailgunSignsForms() async throws {
        let vector = try #require(try EmailVectors.load().mailgun.vectors.first)
        let kit = try Accounts.kit(
            "mailgun", ["webhook_signing_key": .secret(Secret(vector.signingKey))],
            now: Timestamp(seconds: try #require(Int64(vector.timestamp))))
        guard case .scheme(let verifier) = kit.channel.webhooks.verification else { throw NoVerifier() }
        func verdict(_ signature: String, _ body: String) async -> WebhookVerdict {
            await verifier.verify(
                Self.form([
                    ("recipient", "help@acme.example"), ("body-plain", body), ("timestamp", vector.timestamp),
                    ("token", vector.token), ("signature", signature),
                ]), now: kit.host.clock.now())
        }
        #expect(await verdict(String(vector.signature.reversed()), "Hi") != .genuine)
        #expect(await verdict(vector.signature, "Hi") == .genuine)
        #expect(await verdict(vector.signature, "Hi") == .genuine, "Mailgun's own repeat")
    }

    // MARK: Postmark, Resend, SES

    @Test func postmark() throws {
        let kit = try Accounts.kit("postmark")
        func mail(_ more: String, _ text: String = "Hi there") -> WebhookRequest {
            Accounts.webhook(
                #"{"From":"Ada <ada@example.com>","To":"x@y.example","MessageID":"m1","Subject":"Hellö","#
                    + #""Date":"Fri, 2 Jan 2026 03:04:05 +0100","TextBody":"\#(text)","HtmlBody":"<p>Hi</p>"\#(more)}"#)
        }
        let named = #","FromFull":{"Email":"ada@example.com","Name":"Ada"},"OriginalRecipient":"help@acme.example""#
        kit.check(webhooks: [
            WebhookCase("a mail", mail(named), says: Self.says("m1")),
            WebhookCase("one that says what it is", mail(named + #","RecordType":"Inbound""#), says: Self.says("m1")),
            WebhookCase(
                "names in headers only", mail(#","RecordType":"Inbound""#), says: Self.says("m1", to: "x@y.example")),
            WebhookCase("HTML alone", mail(named, ""), says: Self.says("m1", body: "<p>Hi</p>")),
            WebhookCase(refusing: "nobody's", Accounts.webhook(#"{"RecordType":"Inbound","To":"x@y.example"}"#)),
        ])
    }

    @Test func resendTellsNoText() throws {
        let kit = try Accounts.kit("resend")
        kit.check(webhooks: [
            WebhookCase(
                "a mail",
                Accounts.webhook(
                    #"{"type":"email.received","created_at":"2026-01-02T02:04:06.000Z","data":{"email_id":"m1","#
                        + #""created_at":"2026-01-02T02:04:05.000Z","from":"Ada <ada@example.com>","#
                        + #""to":["help@acme.example","x@y.example"],"message_id":"<i@x>","subject":"Hellö","#
                        + #""attachments":[{"id":"a","filename":"x.png"}]}}"#), says: Self.says("m1", body: "")),
            WebhookCase(
                refusing: "nobody's", Accounts.webhook(#"{"type":"email.received","data":{"to":["x@y.example"]}}"#)),
        ])
    }

    private static func ses(_ action: String, content: String? = nil) throws -> WebhookRequest {
        let event: [String: Any] = [
            "notificationType": "Received",
            "mail": [
                "timestamp": "2026-01-02T02:04:05.000Z", "messageId": "m1", "source": "bounce@mail.example",
                "destination": ["x@y.example"],
                "commonHeaders": ["from": ["Ada <ada@example.com>"], "to": ["x@y.example"], "subject": "Hellö"],
            ],
            "receipt": [
                "recipients": ["help@acme.example"],
                "action": try JSONSerialization.jsonObject(with: Data(action.utf8)),
            ],
            "content": content as Any,
        ].compactMapValues { $0 as? String? == .some(nil) ? nil : $0 }
        let message = String(decoding: try JSONSerialization.data(withJSONObject: event), as: UTF8.self)
        let body = try JSONSerialization.data(withJSONObject: ["Type": "Notification", "Message": message])
        return Accounts.webhook(String(decoding: body, as: UTF8.self))
    }

    @Test func ses() throws {
        let kit = try Accounts.kit("ses")
        let mail = "From: Ada <ada@example.com>\r\nTo: x@y.example\r\nContent-Type: text/plain\r\n\r\nHi there"
        kit.check(webhooks: [
            WebhookCase(
                "the whole mail", try Self.ses(#"{"type":"SNS","encoding":"UTF8"}"#, content: mail),
                says: Self.says("m1")),
            WebhookCase(
                "encoded",
                try Self.ses(
                    #"{"type":"SNS","encoding":"BASE64"}"#, content: Data(mail.utf8).base64EncodedString()),
                says: Self.says("m1")),
            WebhookCase(
                "laid down", try Self.ses(#"{"type":"S3","bucketName":"mails","objectKey":"in/m1"}"#),
                says: Self.says("m1", body: "", media: ["s3://mails/in/m1"])),
        ])
    }

    // MARK: SMTP

    private static let mail = """
        From: =?UTF-8?B?QWRh?= <ada@example.com>
        To: x@y.example
        Delivered-To: help@acme.example
        Subject: =?utf-8?q?Hell=C3=B6?=
        Date: Fri, 2 Jan 2026 03:04:05 +0100
        Message-ID: <m1@mail.example>
        """

    private func piped(_ rest: String, query: String = "") -> WebhookRequest {
        let request = Accounts.webhook(
            (Self.mail + rest).replacing("\n", with: "\r\n"), headers: ["Content-Type": "message/rfc822"])
        return request.at(request.url + query)
    }

    @Test func smtp() throws {
        let kit = try Accounts.kit("smtp")
        let parts = """

            Content-Type: multipart/mixed; boundary="a"

            --a
            Content-Type: multipart/alternative; boundary=b

            --b
            Content-Type: text/html

            <p>Hi</p>
            --b
            Content-Type: text/plain; charset=iso-8859-1
            Content-Transfer-Encoding: quoted-printable

            Hi =
            th=E9re
            --b--
            --a
            Content-Type: text/plain
            Content-Disposition: attachment; filename=x.txt

            not this
            --a--
            """
        let answer = "\nTo: bounces+\(kit.delivery)@bounces.acme.example\n\nI am away."
        kit.check(webhooks: [
            WebhookCase("plain", piped("\n\nHi there"), says: Self.says("m1@mail.example")),
            WebhookCase("in parts", piped(parts), says: Self.says("m1@mail.example", body: "Hi thére\r\n")),
            WebhookCase(
                "HTML alone", piped("\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\nPHA+SGk8L3A+"),
                says: Self.says("m1@mail.example", body: "<p>Hi</p>")),
            WebhookCase(
                "whom the envelope names", piped("\n\nHi there", query: "?recipient=sales%2Beu@acme.example"),
                says: Self.says("m1@mail.example", to: "sales+eu@acme.example")),
            // What answers one of ours stays with it.
            WebhookCase(
                "an answer to the bounce address", piped(answer),
                says: WebhookContents(reports: [
                    StatusReport(delivery: kit.delivery, kind: .unknown("mail"), detail: "=?utf-8?q?Hell=C3=B6?=")
                ])),
            WebhookCase(refusing: "no mail", Accounts.webhook("x: y\r\n\r\nz")),
        ])
    }

    @Test func aLongMailIsCutAndAnIdIsMade() throws {
        let kit = try Accounts.kit("smtp")
        let long = String(repeating: "ü", count: 40_000)
        let request = Accounts.webhook("From: a@b.example\r\nTo: c@d.example\r\n\r\n\(long)")
        let first = try #require(try kit.channel.webhooks.parse(request).inbound.first)
        #expect(first.body == String(repeating: "ü", count: 16_384) + "…")
        #expect(first.providerMessageID.count == 32 && first.subject == nil && first.occurredAt == nil)
        let other = Accounts.webhook("From: a@b.example\r\nTo: c@d.example\r\n\r\n\(long)x")
        #expect(try kit.channel.webhooks.parse(other).inbound.first?.providerMessageID != first.providerMessageID)
        #expect(try kit.channel.webhooks.parse(request).inbound == [first])
    }

    // MARK: Any bytes

    /// Bytes that look like a form, and those that don't: no end, no trap, and never more than is there.
    @Test(arguments: ["sendgrid", "mailgun"]) func anyBytesMakeSomeFormOrNone(provider: String) throws {
        let seed = UInt64.random(in: .min ... .max)
        let kit = try Accounts.kit(provider)
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "--xYzZY", "--", "\r\n", "\n", "\r", "Content-Disposition: form-data; name=", "\"from\"", "\"to\"", ";",
            " filename=\"", "recipient", "a@b.example", "\u{0}", "\r\n\r\n", "charset=", "=?utf-8?b?", "?=", "%", "=E9",
        ].map { Array($0.utf8) }
        for _ in 0..<3000 {
            var body: [UInt8] = []
            for _ in 0..<Int.random(in: 0...60, using: &generator) {
                body += pieces.randomElement(using: &generator)!
                if Int.random(in: 0..<8, using: &generator) == 0 {
                    body.append(UInt8.random(in: .min ... .max, using: &generator))
                }
            }
            let type = ["xYzZY", "\"xYzZY\"", "-", "\"", String(repeating: "x", count: 80)].randomElement(
                using: &generator)!
            let request = WebhookRequest(
                method: "POST", url: "https://notify.example.com/webhooks/email",
                headers: ["Content-Type": "multipart/form-data; boundary=\(type)"], body: body,
                receivedAt: Timestamp(seconds: 1_767_323_045))
            for message in (try? kit.channel.webhooks.parse(request).inbound) ?? [] {
                #expect(!message.sender.isEmpty && !message.recipient.isEmpty, "seed \(seed)")
                #expect(message.body.utf8.count <= body.count * 3 && !message.providerMessageID.isEmpty, "seed \(seed)")
            }
        }
    }
}

extension WebhookRequest {
    fileprivate func at(_ url: String) -> WebhookRequest {
        WebhookRequest(method: method, url: url, headers: headers, body: body, receivedAt: receivedAt)
    }
}
