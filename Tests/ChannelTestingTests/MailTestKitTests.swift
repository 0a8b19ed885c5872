import ChannelSDK
import ChannelTesting
import Testing

/// The kit finds each fault of a module that sends mail, and none where there is none.
@Suite struct MailTestKitTests {
    private func kit(_ fault: FaultyMailChannel.Fault) throws -> ChannelTestKit<FaultyMailChannel> {
        try ChannelTestKit(
            provider: "one", settings: ["key": .secret(Secret("a-key-to-hide")), "fault": .string(fault.rawValue)],
            seed: 1)
    }

    private func run(_ kit: ChannelTestKit<FaultyMailChannel>) {
        let content = MessageContent(recipient: "ada@example.com", body: "Hi")
        kit.check(submissions: [
            SubmissionCase(
                "send", content,
                becomes: SMTPSubmission(
                    server: SMTPServer(host: "mx.example", port: 25), sender: "me@acme.example",
                    recipient: "ada@example.com", message: Array("Hi \(kit.delivery)\r\n".utf8)))
        ])
        kit.check(
            replies: [
                ReplyCase(
                    "taken", SMTPReply(stage: .message, code: 250),
                    means: .accepted(Acceptance(providerMessageID: "1", status: "sent"))),
                ReplyCase(
                    "refused", SMTPReply(stage: .recipient, code: 550),
                    means: .rejected(DeliveryFailure(.other, code: "x", message: ""))),
            ], to: content)
    }

    @Test func aModuleWithoutFaultPasses() throws { run(try kit(.none)) }

    @Test(arguments: FaultyMailChannel.Fault.allCases.filter { $0 != .none })
    func eachFaultIsFound(fault: FaultyMailChannel.Fault) async throws {
        let kit = try kit(fault)
        let findings = await findings { run(kit) }
        #expect(findings.contains { $0.contains(fault.finding) }, "\(findings)")
    }

    @Test func theTransportKeepsWhatItWasAsked() async {
        let transport = ScriptedTransport(
            reply: { .success(SMTPReply(stage: .message, code: 250, text: $0.recipient)) },
            answer: { _ in .success(HTTPResponse(status: 200)) })
        let mails = ["a@b.example", "c@d.example"].map {
            SMTPSubmission(
                server: SMTPServer(host: "mx.example", port: 25), sender: "", recipient: $0, message: [120, 13, 10])
        }
        for mail in mails {
            let result = await transport.perform(mail)
            #expect(result == .success(SMTPReply(stage: .message, code: 250, text: mail.recipient)))
        }
        #expect(transport.mails == mails)
        #expect(transport.requests.isEmpty)
    }
}

extension FaultyMailChannel.Fault {
    /// What the kit says of it.
    fileprivate var finding: String {
        switch self {
        case .none: ""
        case .otherSender: "the sender is 'other@acme.example'"
        case .otherMessage: "the message is ' "
        case .otherServer: "the server is smtp://other.example:25"
        case .showsSecret: "'send' shows a secret"
        case .forgetsDelivery: "no delivery id in the mail"
        case .acceptsAnything: "a mail that the server did not take is accepted"
        case .echoes: "a reply that echoes the mail shows a secret"
        case .unknownStatus: "the graph has no status 'shipped'"
        }
    }
}
