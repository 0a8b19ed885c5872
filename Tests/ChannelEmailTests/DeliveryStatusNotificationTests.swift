import ChannelSDK
import ChannelTesting
import FoundationEssentials
import Testing

@testable import ChannelEmail

@Suite struct DeliveryStatusNotificationTests {
    private let delivery = DeliveryID(
        notification: NotificationID(high: 0x0190_163d_8694_739b, low: 0xaea5_966c_26f8_ad90), ordinal: 1)

    /// As Postfix sends it.
    private func notification(
        to: String? = nil, action: String = "failed", status: String = "5.1.1", messageID: String = "<x@acme.example>",
        lineEnd: String = "\r\n"
    ) -> [UInt8] {
        let text = """
            From: MAILER-DAEMON@mx.example (Mail Delivery System)
            To: \(to ?? "bounces+\(delivery)@mail.acme.example")
            Subject: Undelivered Mail Returned to Sender
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type=delivery-status;
            \tboundary="9B095B5ADSN=_/mx.example"

            This is a MIME-encapsulated message.

            --9B095B5ADSN=_/mx.example
            Content-Type: text/plain; charset=us-ascii

            I'm sorry to have to inform you.

            --9B095B5ADSN=_/mx.example
            Content-Type: message/delivery-status

            Reporting-MTA: dns; mx.example
            Arrival-Date: Fri,  2 Jan 2026 03:04:05 +0000

            Final-Recipient: rfc822; ada@example.com
            Original-Recipient: rfc822;ada@example.com
            Action: \(action)
            Status: \(status)
            Remote-MTA: dns; mx.example
            Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com>: Recipient address
                rejected

            --9B095B5ADSN=_/mx.example
            Content-Type: message/rfc822

            Message-ID: \(messageID)
            Subject: Hello

            Hi
            --9B095B5ADSN=_/mx.example--

            """
        return Array(text.replacing("\n", with: lineEnd).utf8)
    }

    private let diagnostic = "550 5.1.1 <ada@example.com>: Recipient address rejected"

    @Test(arguments: [
        ("failed", StatusReport.Kind.status("bounced")), ("delayed", .status("deferred")),
        ("Delivered", .status("delivered")), ("relayed", .status("sent")), ("expanded (to list)", .status("sent")),
        ("brand-new", .unknown("brand-new")),
    ])
    func actions(word: String, kind: StatusReport.Kind) throws {
        for lineEnd in ["\r\n", "\n"] {
            let notice = try #require(DeliveryStatusNotification(notification(action: word, lineEnd: lineEnd)))
            let report = StatusReport(delivery: delivery, kind: kind, code: "5.1.1", detail: diagnostic)
            #expect(notice.reports == [report])
            #expect(notice.recipients.map(\.address) == ["ada@example.com"])
        }
    }

    /// An internationalized one (RFC 6533) has bytes beyond ASCII, which travel encoded.
    @Test(arguments: ["base64", "quoted-printable", "Base64"])
    func partsThatAreEncoded(encoding: String) throws {
        func encoded(_ text: String) -> String {
            guard encoding.lowercased() == "base64" else { return text.replacing("é", with: "=C3=A9") }
            return Data(text.utf8).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
        }
        let status =
            "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: utf-8; adé@example.com\r\n"
            + "Action: failed\r\nStatus: 5.1.1\r\n"
        let text = [
            "To: hello@acme.example", "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "",
            "--b", "Content-Type: message/global-delivery-status", "Content-Transfer-Encoding: \(encoding)", "",
            encoded(status), "--b", "Content-Type: message/global-headers", "Content-Transfer-Encoding: \(encoding)",
            "",
            encoded("Subject: é\r\nMessage-ID: <\(delivery)@acme.example>\r\n"), "--b--", "",
        ].joined(separator: "\r\n")
        let notice = try #require(DeliveryStatusNotification(Array(text.utf8)))
        #expect(notice.recipients.map(\.address) == ["adé@example.com"])
        #expect(notice.reports == [StatusReport(delivery: delivery, kind: .status("bounced"), code: "5.1.1")])
    }

    @Test func theDeliveryIsFoundByAddressThenByMessageID() throws {
        func found(to: String, _ id: String) throws -> DeliveryID? {
            try #require(DeliveryStatusNotification(notification(to: to, messageID: id))).delivery
        }
        let verp = "bounces+\(delivery)@mail.acme.example"
        #expect(try found(to: "Bounces <\(verp)>", "<x@acme.example>") == delivery)
        #expect(try found(to: "<\(verp)>", "<x@acme.example>") == delivery)
        #expect(try found(to: "hello@acme.example", "<\(delivery)@acme.example>") == delivery)
        #expect(try found(to: "hello@acme.example", "<x@acme.example>") == nil)
    }

    @Test func whatIsNoNotificationIsNone() {
        for text in ["", "\r\n", "Subject: Re: Hello\r\n\r\nThanks!", "Content-Type: multipart/report\r\n\r\n"] {
            #expect(DeliveryStatusNotification(Array(text.utf8)) == nil)
        }
        let other = String(decoding: notification(), as: UTF8.self)
        for (from, to) in [
            ("multipart/report", "multipart/mixed"), ("message/delivery-status", "text/plain"), ("Action:", "X:"),
        ] {
            #expect(DeliveryStatusNotification(Array(other.replacing(from, with: to).utf8)) == nil)
        }
    }

    @Test func anyBytesAreBorne() {
        let whole = notification()
        var (last, seen) = (0, 0)
        for end in whole.indices {
            guard let notice = DeliveryStatusNotification(Array(whole[..<end])) else { continue }
            (last, seen) = (end, seen + 1)
            #expect(notice.recipients.count == 1)
        }
        #expect(last == whole.count - 1 && seen > 100)
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<4 {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0 ... .max, using: &generator)
            }
            let reports = DeliveryStatusNotification(bytes)?.reports ?? []
            #expect(reports.count <= 2, "seed \(seed)")
        }
    }
}
