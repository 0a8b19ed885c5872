import ChannelSDK
import Testing

@testable import CurlTransport

/// What the server's lines add up to. `-` is where libcurl begins the transaction, `*` where it has the whole message.
@Suite struct MailDialogueTests {
    private func dialogue(_ lines: [String]) -> MailDialogue {
        var dialogue = MailDialogue()
        for line in lines {
            switch line {
            case "-": dialogue.begin()
            case "*": dialogue.messageHandedOver = true
            default: _ = dialogue.take(line + "\r\n", limit: 1000)
            }
        }
        return dialogue
    }

    private static let greeting = ["220 mx", "250-mx", "250 SIZE 1", "-"]
    private static let taken = greeting + ["250 ok", "250 ok", "354 go", "*", "250 taken"]

    @Test(arguments: [
        (taken, SMTPReply.Stage.message, 250), (["-", "250 ok", "250 ok", "354 go", "*", "250 taken"], .message, 250),
        (["554 no"], .session, 554), (["220 mx", "502 EHLO?", "502 HELO?"], .session, 502),
        (["220 mx", "502 EHLO?", "250 HELO", "-", "550 no"], .sender, 550),
        (greeting + ["450-not", "450 now"], .sender, 450), (greeting + ["250 ok", "550 no"], .recipient, 550),
        (greeting + ["250 ok", "250 ok", "452 no"], .data, 452),
        (greeting + ["250 ok", "250 ok", "354 go", "*", "554 no"], .message, 554),
        // The rest is no reply to the mail: goodbyes, and what comes when it is decided.
        (greeting + ["250 ok", "550 no", "221 bye"], .recipient, 550), (["421 busy", "221 bye"], .session, 421),
        (greeting + ["250 ok", "550 no", "421 closing"], .recipient, 550), (taken + ["421 closing"], .message, 250),
        (taken + ["550 what?"], .message, 250), (["", "hello", "220 mx", "-", "x", "553 no"], .sender, 553),
    ])
    func decided(lines: [String], stage: SMTPReply.Stage, code: Int) {
        let reply = dialogue(lines).decision(isLoginDenied: false)
        #expect(reply?.stage == stage)
        #expect(reply?.code == code)
    }

    @Test(arguments: [
        [], ["220 mx"], greeting, greeting + ["250 ok"], greeting + ["250 ok", "250 ok", "354 go"],
        greeting + ["250 ok", "250 ok", "354 go", "*"], greeting + ["250 ok", "250 ok", "354 go", "*", "250-half"],
        greeting + ["250 ok", "250 ok", "354 go", "*", "350 what?"],
    ])
    func undecided(lines: [String]) { #expect(dialogue(lines).decision(isLoginDenied: false) == nil) }

    @Test func aRefusedPassword() {
        let refused = dialogue(["220 mx", "250 AUTH PLAIN", "334 ", "535 5.7.8 no"]).decision(isLoginDenied: true)
        #expect(refused == SMTPReply(stage: .authentication, code: 535, enhancedStatus: "5.7.8", text: "no"))
        #expect(dialogue(["220 mx", "250 AUTH X"]).decision(isLoginDenied: true) == nil)
    }

    @Test(arguments: [
        (["-"], true), (["-", "421 bye"], true), (["-", "450 no"], false), (["-", "250 ok"], false),
        (["-", "250 ok", "421 bye"], false), ([], false), (greeting, false), (greeting + ["421 bye"], false),
    ])
    func goodbyesOnKeptConnections(lines: [String], isGoodbye: Bool) {
        #expect(dialogue(lines).metGoodbye == isGoodbye)
    }

    @Test func thereIsALimit() {
        var dialogue = MailDialogue()
        let line = "250-" + String(repeating: "x", count: 496)
        let verdicts = [line, line, "2"].map { dialogue.take($0, limit: 1000) }
        #expect(verdicts == [true, true, false])
    }
}
