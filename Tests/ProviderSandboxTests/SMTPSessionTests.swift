import Crypto
import Foundation
import Testing

@testable import ProviderSandbox

@Suite("The mail server's conversation")
struct SMTPSessionTests {
    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    /// After STARTTLS.
    private static func encrypted() -> SMTPSession {
        var session = SMTPSession(settings: SMTPSettings())
        _ = session.receive("EHLO c")
        _ = session.receive("STARTTLS")
        _ = session.receive("EHLO c")
        return session
    }

    private static func authenticated() -> SMTPSession {
        var session = encrypted()
        _ = session.receive("AUTH PLAIN " + base64("\0sandbox\0sandbox-password"))
        return session
    }

    private static func code(_ action: SMTPSession.Action) -> String {
        switch action {
        case .reply(let text), .startTLS(let text), .quit(let text): String(text.prefix(3))
        case .deliver: "mail"
        case .none: ""
        }
    }

    private static let plain = base64("\0sandbox\0sandbox-password")

    @Test(
        "before and after TLS",
        arguments: [
            (["EHLO c", "MAIL FROM:<a@b.example>"], ["250", "530"]), (["EHLO c", "AUTH PLAIN x"], ["250", "530"]),
            (["MAIL FROM:<a@b.example>"], ["503"]), (["EHLO"], ["501"]), (["HELO c"], ["250"]),
            (["EHLO c", "STARTTLS", "MAIL FROM:<a@b.example>"], ["250", "220", "503"]),
            (["EHLO c", "STARTTLS", "EHLO c", "STARTTLS"], ["250", "220", "250", "503"]),
            (["EHLO c", "STARTTLS", "EHLO c", "MAIL FROM:<a@b.example>"], ["250", "220", "250", "530"]),
            (["NOOP", "RSET", "WHAT", "QUIT"], ["250", "250", "500", "221"]),
        ])
    func transport(lines: [String], codes: [String]) {
        var session = SMTPSession(settings: SMTPSettings())
        #expect(lines.map { Self.code(session.receive($0)) } == codes)
    }

    @Test(
        "authentication",
        arguments: [
            (["AUTH PLAIN \(plain)"], ["235"]), (["AUTH PLAIN", plain], ["334", "235"]),
            (["AUTH PLAIN \(base64("\0sandbox\0other"))"], ["535"]), (["AUTH PLAIN !"], ["501"]),
            (["AUTH LOGIN", base64("sandbox"), base64("sandbox-password")], ["334", "334", "235"]),
            (["AUTH LOGIN \(base64("sandbox"))", base64("other")], ["334", "535"]),
            (["AUTH CRAM-MD5", base64("sandbox 00")], ["334", "535"]), (["AUTH XOAUTH2 x"], ["504"]),
            (["AUTH PLAIN \(plain)", "AUTH PLAIN \(plain)"], ["235", "503"]),
        ])
    func authentication(lines: [String], codes: [String]) {
        var session = Self.encrypted()
        #expect(lines.map { Self.code(session.receive($0)) } == codes)
    }

    @Test("CRAM-MD5 takes the code of the challenge")
    func challenge() throws {
        var session = Self.encrypted()
        guard case .reply(let reply) = session.receive("AUTH CRAM-MD5") else {
            Issue.record("no challenge")
            return
        }
        let challenge = try #require(Data(base64Encoded: String(reply.dropFirst(4))))
        let key = SymmetricKey(data: Data("sandbox-password".utf8))
        let code = HMAC<Insecure.MD5>.authenticationCode(for: challenge, using: key)
        let answer = "sandbox " + code.map { String(format: "%02x", $0) }.joined()
        #expect(Self.code(session.receive(Self.base64(answer))) == "235")
    }

    @Test(
        "envelopes",
        arguments: [
            (["MAIL FROM:<a@b.example> SIZE=1", "RCPT TO:<c@d.example>", "DATA"], ["250", "250", "354"]),
            (["MAIL FROM:<>", "rcpt to: <c@d.example>"], ["250", "250"]), (["MAIL FROM:a@b.example"], ["501"]),
            (["MAIL FROM:<nobody>"], ["501"]), (["RCPT TO:<c@d.example>"], ["503"]), (["DATA"], ["503"]),
            (["MAIL FROM:<a@b.example>", "MAIL FROM:<a@b.example>"], ["250", "503"]),
            (["MAIL FROM:<a@b.example>", "RCPT TO:<nobody>", "DATA"], ["250", "501", "503"]),
            (["MAIL FROM:<a@b.example>", "RCPT TO:<refused@d.example>"], ["250", "550"]),
            (["MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>", "RCPT TO:<e@d.example>"], ["250", "250", "452"]),
            (["MAIL FROM:<a@b.example>", "RSET", "RCPT TO:<c@d.example>"], ["250", "250", "503"]),
        ])
    func envelopes(lines: [String], codes: [String]) {
        var session = Self.authenticated()
        #expect(lines.map { Self.code(session.receive($0)) } == codes)
    }

    @Test("a mail is what stood before the dot, without the dots that were put in")
    func content() {
        var session = Self.authenticated()
        for line in ["MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>", "DATA"] { _ = session.receive(line) }
        let lines = ["Subject: Hi", "", "hello", "..dot", "QUIT"]
        #expect(lines.allSatisfy { session.receive($0) == .none })
        let mail = SMTPSession.Mail(
            sender: "a@b.example", recipient: "c@d.example", content: "Subject: Hi\r\n\r\nhello\r\n.dot\r\nQUIT\r\n")
        #expect(session.receive(".") == .deliver(mail))
        #expect(Self.code(session.receive("MAIL FROM:<a@b.example>")) == "250")
    }
}
