import ChannelSDK
import Testing

@testable import CurlTransport

@Suite(.timeLimit(.minutes(10)))
struct MailTests: MailSuite {
    @Test func saysExactlyWhatItIsTold() async throws {
        let server = ScriptedMailServer()
        try await run(server: server) { transport in
            var mail = mail(server)
            mail.server = SMTPServer(
                host: mail.server.host, port: mail.server.port, security: .none, clientName: "notify.acme.example")
            let reply = try await transport.perform(mail).get()
            #expect(
                reply
                    == SMTPReply(stage: .message, code: 250, enhancedStatus: "2.0.0", text: "Ok: queued as Q0-0"))
            #expect(reply.queueID == "Q0-0")
            #expect(
                server.commands.prefix(4) == [
                    "EHLO notify.acme.example", "MAIL FROM:<b@acme.example> SIZE=18", "RCPT TO:<ada@example.com>",
                    "DATA",
                ])
            #expect(server.messages == ["Subject: x\r\n\r\nHi\r\n.\r\n"])
        }
    }

    @Test func bouncesOfNobodysMailGoNowhere() async throws {
        let server = ScriptedMailServer()
        try await run(server: server) { transport in
            var mail = mail(server)
            mail.sender = ""
            #expect(reply(await transport.perform(mail))?.isAcceptance == true)
            #expect(server.commands.contains("MAIL FROM:<> SIZE=18"))
        }
    }

    @Test(arguments: [
        ".\r\n", "..\r\n.x\r\n", "a\r\n.\r\nb\r\n", "a\r\n.\r\nMAIL FROM:<x@y.example>\r\n", "no line end",
        String(repeating: ".\r\n", count: 50_000), String(repeating: "x", count: 70_000) + "\r\n.",
    ])
    func dotsStandForThemselves(body: String) async throws {
        let server = ScriptedMailServer()
        try await run(server: server) { transport in
            for text in ["Subject: x\r\n\r\n\(body)", body] {
                #expect(reply(await transport.perform(mail(server, Array(text.utf8))))?.isAcceptance == true)
            }
            let lines = body.hasSuffix("\r\n") ? body : body + "\r\n"
            let stuffed = ("\r\n" + lines).replacing("\r\n.", with: "\r\n..").dropFirst(1)
            #expect(server.messages == ["Subject: x\r\n\r\n\(stuffed).\r\n", "\(stuffed).\r\n"])
        }
    }

    @Test func usesOneConnectionForOneMailAfterAnother() async throws {
        let server = ScriptedMailServer()
        try await run(server: server) { transport in
            for number in 0..<50 {
                #expect(reply(await transport.perform(mail(server)))?.queueID == "Q0-\(number)")
            }
            #expect(server.connectionCount == 1)
        }
    }

    /// A connection that the server has ended meanwhile is not the mail's fault, however it ended.
    @Test(arguments: [
        ScriptedMailServer.Answer.sayAndCut("250 Ok"), .sayAndCut("250 Ok\r\n421 4.4.2 bye"),
        .say("250 Ok\r\n421 4.4.2 bye"),
    ])
    func goesOnAfterTheServerEndedTheConnection(answer: ScriptedMailServer.Answer) async throws {
        let server = ScriptedMailServer { $0.command == "." ? answer : .usual }
        try await run(server: server) { transport in
            for _ in 0..<20 {
                #expect(reply(await transport.perform(mail(server)))?.isAcceptance == true)
            }
            #expect(server.messages.count == 20)
            #expect(server.connectionCount == 20)
        }
    }

    @Test(arguments: [ScriptedMailServer.Answer.cut, .sayAndCut("421 4.3.2 shutting down")])
    func aServerThatOnlySaysGoodbyeIsAskedTwiceAtMost(answer: ScriptedMailServer.Answer) async throws {
        let server = ScriptedMailServer { $0.command == "MAIL" && $0.connection + $0.taken > 0 ? answer : .usual }
        try await run(server: server) { transport in
            #expect(reply(await transport.perform(mail(server)))?.isAcceptance == true)
            switch await transport.perform(mail(server)) {
            case .success(let reply): #expect(reply.stage == .sender && reply.code == 421)
            case .failure(let failure): #expect(failure.reason == .reset && !failure.mayHaveBeenSent)
            }
            #expect(server.connectionCount == 2)
        }
    }

    /// What the server says where, and what it means.
    @Test(arguments: [
        ("connect", "421 4.3.2 too busy", SMTPReply.Stage.session), ("connect", "554 5.3.2 go away", .session),
        ("MAIL", "451 4.3.0 later", .sender), ("MAIL", "553 5.1.8 who are you", .sender),
        ("RCPT", "450 4.2.0 greylisted", .recipient), ("RCPT", "550 5.1.1 no such user", .recipient),
        ("DATA", "452 4.3.1 disk full", .data), ("DATA", "552 5.2.2 mailbox full", .data),
        (".", "451 4.7.1 later", .message), (".", "552 5.3.4 too big", .message),
        (".", "554-5.7.1 spam\r\n554 5.7.1 spam", .message),
    ])
    func refusals(command: String, reply: String, stage: SMTPReply.Stage) async throws {
        for answer in [ScriptedMailServer.Answer.say(reply), .sayAndCut(reply)] {
            let server = ScriptedMailServer { $0.command == command && $0.connection + $0.taken == 0 ? answer : .usual }
            try await run(server: server) { transport in
                let refusal = try await transport.perform(mail(server)).get()
                #expect(refusal == SMTPReply(stage: stage, lines: reply.split(separator: "\r\n").map(String.init)))
                // And the next one is a new beginning.
                #expect(self.reply(await transport.perform(mail(server)))?.isAcceptance == true)
            }
        }
    }

    /// The server may have a mail whose last byte has left, and no other.
    @Test(arguments: [
        ("connect", false), ("EHLO", false), ("MAIL", false), ("RCPT", false), ("DATA", false), (".", true),
    ])
    func aConnectionThatEnds(command: String, mayHaveBeenSent: Bool) async throws {
        let cut = ScriptedMailServer { $0.command == command ? .cut : .usual }
        try await run(server: cut) { transport in
            let failure = failure(await transport.perform(mail(cut)))
            #expect(failure?.reason == .reset)
            #expect(failure?.mayHaveBeenSent == mayHaveBeenSent)
        }
        let hung = ScriptedMailServer { $0.command == command ? .hang : .usual }
        try await run(server: hung) { transport in
            var mail = mail(hung)
            mail.timeout = .seconds(1)
            let failure = failure(await transport.perform(mail))
            #expect(failure?.reason == .timeout)
            #expect(failure?.mayHaveBeenSent == mayHaveBeenSent)
        }
    }

    @Test func aServerThatIsNotThere() async throws {
        let gone = ScriptedMailServer()
        gone.stop()
        try await run(server: gone) { transport in
            #expect(failure(await transport.perform(mail(gone)))?.reason == .connect)
            var mail = mail(gone)
            mail.server = SMTPServer(host: "name.invalid", port: 25, security: .none)
            let failure = failure(await transport.perform(mail))
            #expect(failure?.reason == .resolve)
            #expect(failure?.mayHaveBeenSent == false)
        }
    }

    /// Neither the password nor the mail goes in the clear.
    @Test(arguments: [nil, "502 what?"])
    func whereTLSIsRequiredThereIsTLS(ehlo: String?) async throws {
        let server = ScriptedMailServer { $0.command == "EHLO" ? ehlo.map { .say($0) } ?? .usual : .usual }
        try await run(server: server) { transport in
            for credentials in [nil, SMTPServer.Credentials(username: "ada", password: Secret("hush"))] {
                var mail = mail(server)
                // The same server without TLS before: its connection must not be used.
                _ = await transport.perform(mail)
                let taken = server.messages.count
                mail.server = SMTPServer(
                    host: "127.0.0.1", port: mail.server.port, security: .startTLS, credentials: credentials)
                switch await transport.perform(mail) {
                case .success(let reply): #expect(reply.stage == .session && reply.code == 502)
                case .failure(let failure):
                    #expect(failure.reason == .tls && !failure.mayHaveBeenSent)
                    #expect(failure.message.contains("STARTTLS"))
                }
                #expect(server.messages.count == taken)
                #expect(!server.commands.contains { $0.hasPrefix("AUTH") })
            }
        }
    }

    @Test(arguments: [
        (SMTPServer.Mechanism.plain, ["AUTH PLAIN", "AGFkYQBodXNo"]),
        (.login, ["AUTH LOGIN", "YWRh", "aHVzaA=="]),
        // RFC 2195's way, with the challenge `<1@x>`.
        (.cramMD5, ["AUTH CRAM-MD5", "YWRhIGRjZTJlYTNkNWU1OTI4ODdkNTU3NWI5NzAxN2FhOTNj"]),
    ])
    func thePasswordIsShownAsAsked(mechanism: SMTPServer.Mechanism, commands: [String]) async throws {
        let server = ScriptedMailServer { moment in
            switch moment.command {
            case "AUTH": .say(mechanism == .cramMD5 ? "334 PDFAeD4=" : "334 ")
            case "YWRH" where mechanism == .login: .say("334 ")
            case "EHLO", "MAIL", "RCPT", "DATA", ".", "connect", "QUIT": .usual
            default: .say("235 2.7.0 welcome")
            }
        }
        try await run(server: server) { transport in
            var mail = mail(server)
            mail.server = SMTPServer(
                host: "127.0.0.1", port: mail.server.port, security: .none,
                credentials: .init(username: "ada", password: Secret("hush"), mechanisms: [mechanism]))
            #expect(reply(await transport.perform(mail))?.isAcceptance == true)
            #expect(Array(server.commands.dropFirst().prefix(commands.count)) == commands)
        }
    }

    @Test(arguments: [("535 5.7.8 no", 535), ("454 4.7.0 later", 454)])
    func aPasswordThatIsRefused(reply: String, code: Int) async throws {
        let server = ScriptedMailServer { moment in
            switch moment.command {
            case "AUTH": .say("334 ")
            case "AGFKYQBODXNO": .say(reply)
            default: .usual
            }
        }
        try await run(server: server) { transport in
            var mail = mail(server)
            mail.server = SMTPServer(
                host: "127.0.0.1", port: mail.server.port, security: .none,
                credentials: .init(username: "ada", password: Secret("hush"), mechanisms: [.plain]))
            let refusal = try await transport.perform(mail).get()
            #expect(refusal.stage == .authentication)
            #expect(refusal.code == code)
            #expect(server.messages.isEmpty)
        }
    }

    @Test func refusesWhatCouldBeReadInTwoWays() async throws {
        let server = ScriptedMailServer()
        try await run(server: server) { transport in
            func expectRefused(_ change: (inout SMTPSubmission) -> Void) async {
                var mail = mail(server)
                change(&mail)
                let failure = failure(await transport.perform(mail))
                #expect(failure?.reason == .invalidRequest && failure?.mayHaveBeenSent == false)
            }
            for address in [
                "a@b.example\r\nRCPT TO:<x@y.example>", "a@b.example>\r\n", "<a@b.example>", "a b@c.example",
                "é@b.example",
                "a@bücher.example", "a@b.example\u{0}", "a", "@b", "a@", "a@b.example BODY=8BITMIME",
            ] {
                await expectRefused { $0.recipient = address }
                await expectRefused { $0.sender = address }
            }
            await expectRefused { $0.recipient = "" }
            for message in ["", "a\nb", "a\rb", "a\r\n.\nb\r\n", "a\n.\r\nb", "a\r", "\n", "a\u{0}b"] {
                await expectRefused { $0.message = Array(message.utf8) }
            }
            let port = server.server.port
            for (host, port, client) in [
                ("", port, nil), ("127.0.0.1/x", port, nil), ("a@127.0.0.1", port, nil), ("127.0.0.1", 0, nil),
                ("127.0.0.1", 65536, nil), ("127.0.0.1", port, "a\r\nMAIL"), ("127.0.0.1", port, ""),
                ("127.0.0.1", port, "a%0d%0aRSET"), ("127.0.0.1", port, "a?b"),
            ] as [(String, Int, String?)] {
                await expectRefused {
                    $0.server = SMTPServer(host: host, port: port, security: .none, clientName: client)
                }
            }
            for (user, password) in [("", "x"), ("a\r\n", "x"), ("a", "x\n"), ("a", "\u{0}x")] {
                await expectRefused {
                    $0.server = SMTPServer(
                        host: "127.0.0.1", port: port, security: .none,
                        credentials: .init(username: user, password: Secret(password)))
                }
            }
            #expect(server.connectionCount == 0)
        }
    }

    @Test func aServerThatSaysTooMuch() async throws {
        let long = "250-" + String(repeating: "x", count: 500)
        let server = ScriptedMailServer { moment in
            moment.command == "EHLO" ? .say(Array(repeating: long, count: 50).joined(separator: "\r\n")) : .usual
        }
        try await run(.init(maxResponseHeaderBytes: 4096), server: server) { transport in
            #expect(failure(await transport.perform(mail(server)))?.reason == .responseTooLarge)
        }
    }

    @Test func refusesInternalAddressesWhereAsked() async throws {
        let server = ScriptedMailServer()
        try await run(.init(allowsInternalAddresses: false), server: server) { transport in
            let failure = failure(await transport.perform(mail(server)))
            #expect(failure?.reason == .forbiddenAddress)
            #expect(server.connectionCount == 0)
        }
    }

    @Test func tellsNoSecrets() async throws {
        let gone = ScriptedMailServer()
        gone.stop()
        try await run(server: gone) { transport in
            var mail = mail(gone, to: "hush@example.com")
            mail.server = SMTPServer(
                host: "127.0.0.1", port: mail.server.port, security: .none,
                credentials: .init(username: "hush", password: Secret("hush")))
            #expect(failure(await transport.perform(mail))?.message.contains("hush") == false)
        }
    }
}
