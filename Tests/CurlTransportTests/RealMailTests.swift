import ChannelSDK
import CurlTransport
import Testing

/// Against a mail server of somebody else's making, with TLS and passwords.
@Suite(.timeLimit(.minutes(10)))
struct RealMailTests {
    private let real: RealMailServer

    init() throws { real = try RealMailServer() }

    private func run(
        trusting: Bool = true, connections: Int = 16, _ body: (CurlTransport) async throws -> Void
    ) async throws {
        let transport = try CurlTransport(
            .init(
                maxMailConnectionsPerServer: connections,
                certificateAuthorityFile: trusting ? real.certificateFile : nil))
        do {
            try await body(transport)
        } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
    }

    private func mail(_ server: SMTPServer, to recipient: String, _ message: String = "Subject: x\r\n\r\nHi\r\n")
        -> SMTPSubmission
    {
        SMTPSubmission(
            server: server, sender: "bounces+1@acme.example", recipient: recipient, message: Array(message.utf8))
    }

    /// An address of nobody else's.
    private func somebody() -> String { "r\(UInt64.random(in: 0 ... .max))@example.com" }

    private func failure(_ result: SMTPResult) -> TransportFailure? {
        if case .failure(let failure) = result { failure } else { nil }
    }

    @Test(arguments: SMTPServer.Security.allCases, SMTPServer.Mechanism.allCases)
    func everyWayIn(security: SMTPServer.Security, mechanism: SMTPServer.Mechanism) async throws {
        try await run { transport in
            let recipient = somebody()
            let text = "Subject: Żółć 🎉\r\nX-Long: \(String(repeating: "é", count: 300))\r\n\r\n.\r\n..a\r\n"
            let server = try real.server(security, mechanisms: [mechanism])
            let reply = try await transport.perform(mail(server, to: recipient, text)).get()
            #expect(reply.isAcceptance && reply.enhancedStatus == "2.0.0")
            #expect(reply.queueID?.count == 10)
            let taken = try #require(try real.mails(to: recipient).first)
            #expect(Array(taken.message) == Array(text.utf8))
            #expect(taken.tls == (security != .none))
            #expect(taken.mechanism == mechanism.rawValue.uppercased())
            #expect(taken.sender == "bounces+1@acme.example")
            #expect(taken.client == "notify.acme.example")
        }
    }

    /// The server counts.
    @Test(arguments: SMTPServer.Security.allCases)
    func oneConnectionForOneMailAfterAnother(security: SMTPServer.Security) async throws {
        try await run { transport in
            let recipient = somebody()
            let mail = mail(try real.server(security), to: recipient)
            for _ in 0..<5 {
                let reply = try await transport.perform(mail).get()
                #expect(reply.isAcceptance)
            }
            let mails = try real.mails(to: recipient)
            #expect(mails.count == 5)
            #expect(Set(mails.map(\.connection)).count == 1)
        }
    }

    @Test(arguments: SMTPServer.Mechanism.allCases)
    func theWrongPassword(mechanism: SMTPServer.Mechanism) async throws {
        try await run { transport in
            let recipient = somebody()
            let server = try real.server(.startTLS, password: "wrong-password", mechanisms: [mechanism])
            let reply = try await transport.perform(mail(server, to: recipient)).get()
            #expect(reply.stage == .authentication)
            #expect(reply.code == 535)
            #expect(try real.mails(to: recipient).isEmpty)
        }
    }

    @Test func whereTLSIsRequiredAndNotOffered() async throws {
        try await run { transport in
            let recipient = somebody()
            // A connection to that server without TLS is there already, and must not be used.
            let plain = try await transport.perform(mail(try real.server(.none), to: somebody())).get()
            #expect(plain.isAcceptance)
            let server = try real.server(.startTLS, behind: SMTPServer.Security.none)
            let failure = failure(await transport.perform(mail(server, to: recipient)))
            #expect(failure?.reason == .tls)
            #expect(failure?.mayHaveBeenSent == false)
            #expect(try real.mails(to: recipient).isEmpty)
        }
    }

    /// Who trusts nobody else's authority trusts the one that it is told, and only for those mails.
    @Test(arguments: [SMTPServer.Security.startTLS, .implicitTLS])
    func anAuthorityOfTheServersOwn(security: SMTPServer.Security) async throws {
        try await run(trusting: false) { transport in
            let plain = try real.server(security)
            let trusting = SMTPServer(
                host: plain.host, port: plain.port, security: security, credentials: plain.credentials,
                clientName: plain.clientName, certificateAuthorityFile: real.certificateFile)
            for _ in 0..<2 {
                let recipient = somebody()
                let taken = try await transport.perform(mail(trusting, to: recipient)).get()
                #expect(taken.isAcceptance)
                #expect(failure(await transport.perform(mail(plain, to: somebody())))?.reason == .tls)
                #expect(try real.mails(to: recipient).first?.tls == true)
            }
        }
    }

    /// The server speaks no HTTP, so an answer that makes no sense is as far as a request gets that trusts it.
    @Test func anAuthorityOfTheRequestsOwn() async throws {
        try await run(trusting: false) { transport in
            let server = try real.server(.implicitTLS)
            let url = "https://\(server.host):\(server.port)/"
            for _ in 0..<2 {
                let plain = await transport.perform(HTTPRequest(method: "GET", url: url))
                let trusting = await transport.perform(
                    HTTPRequest(method: "GET", url: url, certificateAuthorityFile: real.certificateFile))
                guard case .failure(let refused) = plain, case .failure(let strange) = trusting else {
                    Issue.record("a mail server answered a request")
                    return
                }
                #expect(refused.reason == .tls && !refused.mayHaveBeenSent)
                #expect(strange.reason != .tls && strange.mayHaveBeenSent)
            }
        }
    }

    @Test(arguments: [SMTPServer.Security.startTLS, .implicitTLS])
    func aCertificateThatNobodyTrusts(security: SMTPServer.Security) async throws {
        try await run(trusting: false) { transport in
            let recipient = somebody()
            let failure = failure(await transport.perform(mail(try real.server(security), to: recipient)))
            #expect(failure?.reason == .tls)
            #expect(failure?.mayHaveBeenSent == false)
            #expect(try real.mails(to: recipient).isEmpty)
        }
    }

    @Test(arguments: [
        ("450", SMTPReply.Stage.recipient, "4.2.0"), ("550", .recipient, "5.1.1"), ("552", .message, "5.3.4"),
    ])
    func refusals(code: String, stage: SMTPReply.Stage, status: String) async throws {
        try await run { transport in
            let server = try real.server(.startTLS)
            let reply = try await transport.perform(mail(server, to: "\(code)@example.com")).get()
            #expect(reply.stage == stage)
            #expect(String(reply.code) == code)
            #expect(reply.enhancedStatus == status)
            let next = try await transport.perform(mail(server, to: somebody())).get()
            #expect(next.isAcceptance)
        }
    }

    @Test func aLargeMailComesWhole() async throws {
        try await run { transport in
            let recipient = somebody()
            let lines = (0..<20_000).map { "\($0.isMultiple(of: 3) ? "." : "")line \($0) of a large mail, in full\r\n" }
            let text = "Subject: x\r\n\r\n" + lines.joined()
            let reply = try await transport.perform(mail(try real.server(.startTLS), to: recipient, text)).get()
            #expect(reply.isAcceptance)
            let taken = try #require(try real.mails(to: recipient).first)
            #expect(Array(taken.message) == Array(text.utf8))
        }
    }

    @Test func manyAtOnceComeOnceEach() async throws {
        try await run(connections: 4) { transport in
            let server = try real.server(.startTLS)
            let recipients = (0..<60).map { _ in somebody() }
            let mails = recipients.map { mail(server, to: $0) }
            await withTaskGroup(of: Bool.self) { group in
                for mail in mails {
                    group.addTask { (try? await transport.perform(mail).get())?.isAcceptance == true }
                }
                for await isTaken in group { #expect(isTaken) }
            }
            let taken = try recipients.map { try real.mails(to: $0) }
            #expect(taken.allSatisfy { $0.count == 1 })
            #expect(Set(taken.joined().map(\.connection)).count <= 4)
        }
    }
}
