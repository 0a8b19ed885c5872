import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("Twilio's rules")
struct TwilioTests {
    private static let call: [(String, String)] = [
        ("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675309"), ("Digits", "1234"), ("From", "+14158675309"),
        ("To", "+18005551212"),
    ]

    /// The signatures are those of Twilio's own SDK tests, for the token 12345.
    private static let signatures: [(url: String, fields: [(String, String)], signature: String)] = [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", call, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", call, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http://mycompany.com:80/myapp.php?foo=1&bar=2", call, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", call.reversed(), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")],
            "IK+Dwps556ElfBT0I3Rgjkr1wJU="
        ),
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256="
                + "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
            [], "a9nBmqA0ju/hNViExpshrM61xv4="
        ),
        (
            "https://notify.example.com/webhooks/twilio/status",
            [
                ("SmsSid", "SM1"), ("SmsStatus", "undelivered"), ("MessageStatus", "undelivered"),
                ("ErrorCode", "30003"),
                ("ErrorMessage", ""), ("To", "whatsapp:+15551230001"), ("From", "whatsapp:+14155238886"),
                ("AccountSid", "AC1"), ("MessageSid", "SM1"), ("ChannelPrefix", "whatsapp"), ("Body", "héllo wörld"),
            ], "/KpRqh04DJgyAyFO0aTm9EoAoIk="
        ),
    ]

    @Test("signatures", arguments: signatures.indices)
    func signature(index: Int) {
        let (url, fields, expected) = Self.signatures[index]
        // Sorted, and equal ones taken once: what ``TwilioForm`` gets by the order in which fields are added.
        var text = url
        for (name, value) in fields.sorted(by: <) where !text.hasSuffix(name + value) { text += name + value }
        #expect(TwilioSigner(token: "12345").signature(of: Array(text.utf8)) == expected)
    }

    @Test("a form's request carries the signature of its fields")
    func form() throws {
        var form = TwilioForm(to: try CallbackURL("http://mycompany.com:1234/myapp.php?foo=1&bar=2"))
        for (name, value) in Self.call { form.add(name, value) }
        var request = ByteBuffer()
        form.write(signedBy: TwilioSigner(token: "12345"), into: &request)
        let body = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
        let expected = """
            POST /myapp.php?foo=1&bar=2 HTTP/1.1
            Host: mycompany.com:1234
            User-Agent: TwilioProxy/1.1
            Accept: */*
            X-Twilio-Signature: Zmvh+3yNM1Phv2jhDCwEM3q5ebU=
            Content-Type: application/x-www-form-urlencoded; charset=utf-8
            Content-Length: \(body.utf8.count)

            \(body)
            """
        #expect(String(buffer: request) == expected.replacing("\n", with: "\r\n"))
    }

    private static let valid: String = "To=%2B15551234567&From=%2B15557654321&Body=hello"

    @Test(
        "errors of the API, as Twilio numbers them",
        arguments: [
            ("From=%2B15557654321&Body=x", 21604), ("To=&From=%2B15557654321&Body=x", 21604),
            ("To=5551234567&From=%2B15557654321&Body=x", 21211), ("To=%2B0551234567&From=%2B15557654321&Body=x", 21211),
            ("To=%2B1555&From=%2B15557654321&Body=x", 21211), ("To=%2B1555123456789012&From=X&Body=x", 21211),
            ("To=%2B1555123456a&From=X&Body=x", 21211), ("To=whatsapp%3A5551234567&From=X&Body=x", 21211),
            ("To=%2B15551234567&Body=x", 21603), ("To=%2B15551234567&From=no!&Body=x", 21212),
            ("To=%2B15551234567&From=TwelveLetter&Body=x", 21212), ("To=%2B15551234567&From=%2B15557654321", 21602),
            ("To=%2B15551234567&From=%2B15557654321&Body=", 21602),
            ("To=%2B15551234567&From=%2B15557654321&Body=" + String(repeating: "x", count: 1601), 21617),
            (valid + "&StatusCallback=https%3A%2F%2Fh", 21609), (valid + "&StatusCallback=nonsense", 21609),
            ("To=%zz", 21620),
        ])
    func errors(form: String, code: Int) {
        let error = #expect(throws: TwilioError.self) { try TwilioRequest(ByteBuffer(string: form)) }
        #expect(error?.code == code)
        #expect(error?.status == 400)
    }

    @Test(
        "what the API takes",
        arguments: [
            valid, "To=%2B15551234567&From=Acme&Body=x", "To=%2B15551234567&From=12345&Body=x",
            "To=%2B15551234567&MessagingServiceSid=MG1&Body=x",
            "To=whatsapp%3A%2B15551234567&From=whatsapp%3A%2B15557654321&Body=x",
            "To=%2B15551234567&From=Acme&MediaUrl=http%3A%2F%2Fh%2Fa.png", "To=%2B15551234567&From=Acme&ContentSid=HX1",
            "To=%2B15551234567&From=Acme&Body=" + String(repeating: "x", count: 1600),
            "To=%2B15551234567&From=Acme&Body=" + String(repeating: "%E2%82%AC", count: 1600),
            valid + "&StatusCallback=http%3A%2F%2F127.0.0.1%3A3000%2Fx%3Fdelivery%3Da&ProvideFeedback=true",
        ])
    func takes(form: String) {
        #expect(throws: Never.self) { try TwilioRequest(ByteBuffer(string: form)) }
    }

    @Test("an error is written as Twilio writes it")
    func errorJSON() {
        let expected =
            #"{"code":20003,"message":"Authenticate","more_info":"https://www.twilio.com/docs/errors/20003","status":401}"#
        #expect(String(buffer: TwilioError.authentication.json) == expected)
    }

    @Test(
        "segments",
        arguments: [
            ("", 1), (String(repeating: "a", count: 160), 1), (String(repeating: "a", count: 161), 2),
            (String(repeating: "a", count: 306), 2), (String(repeating: "a", count: 307), 3),
            (String(repeating: "€", count: 80), 1), (String(repeating: "€", count: 81), 2),
            (String(repeating: "ж", count: 70), 1), (String(repeating: "ж", count: 71), 2),
            (String(repeating: "😀", count: 35), 1), (String(repeating: "😀", count: 36), 2), ("naïve", 1),
        ])
    func segments(text: String, expected: Int) {
        #expect(SMSSegments.count(text) == expected)
    }

    @Test(
        "lives",
        arguments: [
            ([TwilioStatus.sent, .delivered], "delivered"), ([.delivered, .sent], "delivered"),
            ([.sent, .undelivered], "undelivered"),
            ([.sent, .failed, .delivered], "delivered"), ([.sent], "sent"), ([], "queued"),
        ])
    func lives(reports: [TwilioStatus], final: String) {
        let life = MessageLife(initial: .queued, reports: reports)
        #expect(life.final == final)
        #expect(life.steps.map(\.status) == reports.map(\.rawValue))
        #expect(life.steps.allSatisfy { ($0.errorCode != nil) == ["failed", "undelivered"].contains($0.status) })
    }

    @Test("a message moves on by the clock, in whatever order its reports go out")
    func status() throws {
        func status(_ plan: ReportPlan, after milliseconds: Int64) throws -> String? {
            let message = TwilioMessage(
                sid: "SM1", request: try TwilioRequest(ByteBuffer(string: Self.valid)),
                life: MessageLife(initial: TwilioStatus.queued, reports: [.sent, .delivered]), plan: plan, takenAt: 1000
            )
            return message.step(at: 1000 + milliseconds)?.status
        }
        let delays: [(Int, Int64)] = [(0, 20), (1, 30)]
        let reports = delays.map { PlannedReport(step: $0, delay: .milliseconds($1)) }
        let ordered = ReportPlan(reports: reports, isDropped: true)
        #expect(
            try [0, 19, 20, 49, 50].map { try status(ordered, after: $0) } == [nil, nil, "sent", "sent", "delivered"])
        let shuffled = ReportPlan(
            reports: reports.reversed().map {
                PlannedReport(step: $0.step, delay: .milliseconds($0.step == 1 ? 5 : 9))
            }, isShuffled: true)
        #expect(try [4, 5, 9].map { try status(shuffled, after: $0) } == [nil, "delivered", "delivered"])
    }

    @Test("every name of a message is another one, of Twilio's form")
    func sids() {
        let sids = TwilioSIDs()
        let names = (0..<1000).map { _ in sids.next() }
        #expect(Set(names).count == names.count)
        #expect(
            names.allSatisfy { $0.hasPrefix("SM") && $0.utf8.count == 34 && $0.dropFirst(2).allSatisfy(\.isHexDigit) })
    }
}
