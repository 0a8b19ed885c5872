import ChannelSDK
import Testing

@Suite struct SMTPReplyTests {
    private func reply(_ lines: String...) -> SMTPReply? { SMTPReply(stage: .message, lines: lines) }

    @Test func linesBecomeCodesAndWords() {
        #expect(reply("250 OK\r\n") == SMTPReply(stage: .message, code: 250, text: "OK"))
        #expect(reply("250") == SMTPReply(stage: .message, code: 250))
        #expect(
            reply("550 5.1.1 <a@b.example>: No such user\r\n")
                == SMTPReply(
                    stage: .message, code: 550, enhancedStatus: "5.1.1", text: "<a@b.example>: No such user"))
        #expect(
            reply("451-4.7.1 Greylisted,\r\n", "451 4.7.1 come back\r\n")
                == SMTPReply(stage: .message, code: 451, enhancedStatus: "4.7.1", text: "Greylisted, come back"))
        // Of another class than the code, or no status at all: words.
        #expect(reply("550 4.1.1 x")?.enhancedStatus == nil)
        #expect(reply("550 5.1 x")?.enhancedStatus == nil)
        #expect(reply("550 5.1.1.1 x")?.text == "5.1.1.1 x")
    }

    @Test(arguments: ["", "25", "abc", "099 x", "600 x", "2500 x", "250x", "+25 x", "25\u{0}"])
    func whatIsNoReplyIsNone(line: String) { #expect(reply(line) == nil) }

    @Test(arguments: [
        ("2.0.0 Ok: queued as 4F9D195432", "4F9D195432"), ("OK id=1tXyz0-0003ab-Cd", "1tXyz0-0003ab-Cd"),
        ("2.0.0 w12AbC34 Message accepted for delivery", "w12AbC34"),
        ("Ok 0102018f6a7b-1c2d-000000", "0102018f6a7b-1c2d-000000"), ("ok:  Message 123 Queued as x1; thanks", "x1"),
        ("OK", nil), ("2.0.0 Ok: queued as", nil), ("Message accepted for delivery", nil), ("id=", nil),
        ("Thank you very much", nil), ("queued for delivery", nil),
    ])
    func theServersNameForTheMail(words: String, id: String?) { #expect(reply("250 \(words)\r\n")?.queueID == id) }

    @Test func onlyWhatWasTakenHasAName() {
        #expect(SMTPReply(stage: .recipient, code: 250, text: "queued as x").isAcceptance == false)
        #expect(SMTPReply(stage: .recipient, code: 250, text: "queued as x").queueID == nil)
        #expect(SMTPReply(stage: .message, code: 451, text: "queued as x").queueID == nil)
    }

    @Test func aMailShowsNothingButItsServer() {
        let credentials = SMTPServer.Credentials(username: "ada", password: Secret("hush-hush"))
        let server = SMTPServer(host: "::1", port: 465, security: .implicitTLS, credentials: credentials)
        let mail = SMTPSubmission(server: server, sender: "a@b.example", recipient: "c@d.example", message: [1])
        #expect("\(mail)" == "a mail by smtps://[::1]:465")
        #expect("\(SMTPServer(host: "mx.example", port: 25))" == "smtp://mx.example:25")
        var dumped = ""
        dump(mail, to: &dumped)
        #expect(!dumped.contains("hush"))
    }

    @Test func aTransportWithoutMailSaysSo() async {
        struct Deaf: Transport {
            func submit(
                _ requests: [HTTPRequest], defaultTimeout: Duration,
                completion: @escaping @Sendable ([TransportCompletion]) -> Void
            ) {}
        }
        let server = SMTPServer(host: "mx.example", port: 25)
        let mail = SMTPSubmission(server: server, sender: "", recipient: "c@d.example", message: [])
        let result = await Deaf().perform(mail)
        guard case .failure(let failure) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(failure.reason == .invalidRequest && !failure.mayHaveBeenSent)
    }
}
