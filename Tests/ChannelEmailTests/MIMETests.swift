import ChannelSDK
import ChannelTesting
import FoundationEssentials
import Testing

@testable import ChannelEmail

@Suite struct MIMETests {
    private let delivery = DeliveryID(
        notification: NotificationID(high: 0x0190_163d_8694_739b, low: 0xaea5_966c_26f8_ad90), ordinal: 1)

    private func mail(_ content: MessageContent) throws -> String {
        let from = try #require(Mailbox("Acme <hello@acme.example>"))
        let message = MIMEMessage(
            content: try EmailContent(content, from: from), delivery: delivery, date: Timestamp(seconds: 1_767_323_045))
        return String(decoding: message.bytes, as: UTF8.self)
    }

    @Test func aTextToTheLetter() throws {
        let expected = """
            Date: Fri, 02 Jan 2026 03:04:05 +0000
            From: Acme <hello@acme.example>
            To: ada@example.com
            Subject: Hello
            Message-ID: <\(delivery)@acme.example>
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Hi there

            """
        #expect(try mail(Accounts.content) == expected.replacing("\n", with: "\r\n"))
    }

    @Test func everythingToTheLetter() throws {
        let expected = """
            Date: Fri, 02 Jan 2026 03:04:05 +0000
            From: "Acme, Inc." <news@acme.example>
            To: ada@example.com
            Reply-To: help@acme.example
            Subject: =?UTF-8?B?SGVsbMO2ICJ5b3Ui?=
            Message-ID: <\(delivery)@acme.example>
            List-Unsubscribe: <https://acme.example/u?x=1>
            List-Unsubscribe-Post: List-Unsubscribe=One-Click
            MIME-Version: 1.0
            Content-Type: multipart/alternative;
             boundary="=_\(delivery)"

            --=_\(delivery)
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: base64

            SGkgw6nwn46JDQo=
            --=_\(delivery)
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            <p>Hi</p>
            --=_\(delivery)--

            """
        #expect(try mail(Accounts.fullContent) == expected.replacing("\n", with: "\r\n"))
    }

    @Test(arguments: [
        ("", ""), ("a", "a\r\n"), ("a\nb\rc\r\nd\r\n", "a\r\nb\r\nc\r\nd\r\n"), ("1=2 and more", "1=3D2 and more\r\n"),
        ("ends with space \nx", "ends with space=20\r\nx\r\n"), ("tab at the end\t", "tab at the end=09\r\n"),
        ("\n\n", "\r\n\r\n"), (".\r\n..", ".\r\n..\r\n"), ("plain caf\u{e9} text", "plain caf=C3=A9 text\r\n"),
        (String(repeating: "x", count: 76), String(repeating: "x", count: 76) + "\r\n"),
        (String(repeating: "x", count: 77), String(repeating: "x", count: 75) + "=\r\nxx\r\n"),
    ])
    func quotedPrintable(text: String, body: String) {
        #expect(TransferEncoding(text).name == "quoted-printable")
        #expect(TransferEncoding(text).body == body)
    }

    /// Any text, in lines that are short enough, and back.
    @Test func anyTextComesBack() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let alphabet: [Character] = ["a", "=", " ", "\t", "\n", "é", "🎉", ".", "z", "\u{0}"]
        for _ in 0..<500 {
            let count = Int.random(in: 0...400, using: &generator)
            let pool = Bool.random(using: &generator) ? alphabet : Array("aaaa bbbb cccc=\n")
            let text = String((0..<count).map { _ in pool[Int.random(in: pool.indices, using: &generator)] })
            let encoding = TransferEncoding(text)
            let lines = encoding.body.components(separatedBy: "\r\n")
            #expect(lines.allSatisfy { $0.utf8.count <= 76 }, "seed \(seed)")
            #expect(encoding.body.utf8.allSatisfy { $0 < 127 }, "seed \(seed)")
            var wanted = text.replacing("\n", with: "\r\n")
            if !wanted.isEmpty, !wanted.utf8.reversed().starts(with: [10]) { wanted += "\r\n" }
            #expect(Self.decode(encoding) == Array(wanted.utf8), "seed \(seed)")
        }
    }

    private static func decode(_ encoding: TransferEncoding) -> [UInt8] {
        if encoding.name == "base64" {
            return Data(base64Encoded: encoding.body.replacing("\r\n", with: "")).map { Array($0) } ?? []
        }
        var (bytes, rest): ([UInt8], ArraySlice<UInt8>) = ([], Array(encoding.body.utf8)[...])
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "=") else {
                bytes.append(byte)
                continue
            }
            let code = String(decoding: rest.prefix(2), as: UTF8.self)
            rest = rest.dropFirst(2)
            if code != "\r\n", let value = UInt8(code, radix: 16) { bytes.append(value) }
        }
        return bytes
    }

    @Test(arguments: [
        "Hello", "Żółć 🎉", String(repeating: "ab ", count: 200) + "c", String(repeating: "x", count: 998),
        String(repeating: "🎉", count: 100), "=?UTF-8?B?eA==?=", " leading", "trailing ", "two  spaces",
        String(repeating: "é", count: 46),
    ])
    func subjectsFoldAndComeBack(subject: String) {
        let field = HeaderField.text("Subject", subject)
        let lines = field.components(separatedBy: "\r\n")
        #expect(lines.last == "")
        #expect(lines.allSatisfy { $0.utf8.count <= 78 && $0.utf8.allSatisfy { (32...126).contains($0) } })
        #expect(lines.dropFirst().dropLast().allSatisfy { $0.hasPrefix(" ") && $0.count > 1 })
        let words = lines.joined().dropFirst("Subject: ".count)
        guard words.hasPrefix("=?") else {
            #expect(words == subject)
            return
        }
        let bytes = words.split(separator: " ").flatMap { word in
            Data(base64Encoded: String(word.dropFirst(10).dropLast(2))).map { Array($0) } ?? []
        }
        #expect(bytes == Array(subject.utf8))
        #expect(words.split(separator: " ").allSatisfy { $0.utf8.count <= 75 })
    }

    @Test(arguments: [
        ("a@b.example", "From: a@b.example\r\n"), ("Ada L. <a@b.example>", "From: \"Ada L.\" <a@b.example>\r\n"),
        ("Zoë <a@b.example>", "From: =?UTF-8?B?Wm/Dqw==?= <a@b.example>\r\n"),
        ("\"a \\\"b\\\"\" <a@b.example>", "From: \"a \\\"b\\\"\" <a@b.example>\r\n"),
    ])
    func senders(text: String, field: String) throws {
        #expect(HeaderField.mailbox("From", try #require(Mailbox(text))) == field)
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 +0000"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
        (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 +0000"),
    ])
    func dates(seconds: Int64, text: String) {
        #expect(MIMEMessage.text(of: Timestamp(seconds: seconds)) == text)
    }

    @Test func envelopeSenders() throws {
        let address = try #require(VERPAddress(delivery, domain: "mail.acme.example"))
        #expect(address.description == "bounces+\(delivery)@mail.acme.example")
        #expect(VERPAddress(address.description) == address)
        #expect(VERPAddress(address.description.uppercased())?.delivery == delivery)
        #expect(VERPAddress(delivery, domain: "acme") == nil)
        #expect(VERPAddress(delivery, prefix: "a+b", domain: "acme.example") == nil)
        #expect(VERPAddress(delivery, prefix: "a\r\nb", domain: "acme.example") == nil)
        #expect(VERPAddress(delivery, prefix: String(repeating: "a", count: 40), domain: "acme.example") == nil)
        for text in ["", "bounces@acme.example", "bounces+x@acme.example", "+\(delivery)@acme.example"] {
            #expect(VERPAddress(text) == nil)
        }
    }
}
