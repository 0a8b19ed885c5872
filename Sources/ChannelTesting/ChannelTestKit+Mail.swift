public import ChannelSDK
import Testing

extension ChannelTestKit {
    /// Checks the mails of an ``SMTPDeliveryClient``: each to the letter; the same when made again; with the delivery's
    /// id in it, so that bounces find the delivery; without a secret in it or in its description.
    public func check(submissions cases: [SubmissionCase]) {
        for one in cases {
            let here = one.sourceLocation
            guard let client = mailClient(here) else { return }
            do throws(DeliveryFailure) {
                let mail = try client.submission(for: message(one.content))
                expect(mail, is: one.mail, one)
                #expect(try client.submission(for: message(one.content)) == mail, "\(one.name)", sourceLocation: here)
                let text = mail.sender + String(decoding: mail.message, as: UTF8.self)
                #expect(
                    text.contains(delivery.description), "\(one.name): no delivery id in it", sourceLocation: here)
                expectNoSecret(in: mail, "\(one.name)'s description", sourceLocation: here)
                expectNoSecret(in: text, "\(one.name)", sourceLocation: here)
            } catch {
                Issue.record("\(one.name): \(error)", sourceLocation: here)
            }
        }
    }

    /// Checks how the client reads replies: each one as the table says; then each one about everything else that a reply
    /// can be about, with other codes and words, and with the secrets echoed in it. Whatever comes is an outcome, of the
    /// graph's statuses and without a secret; only a mail that was taken is accepted. Besides: no reply at all.
    public func check(replies cases: [ReplyCase], to content: MessageContent) {
        let message = message(content)
        if let first = cases.first, let client = mailClient(first.sourceLocation) {
            expectBearsFaults(client, at: first.sourceLocation)
        }
        for one in cases {
            let here = one.sourceLocation
            guard let client = mailClient(here) else { return }
            #expect(client.outcome(of: one.reply, for: message) == one.outcome, "\(one.name)", sourceLocation: here)
            let outcomes = alterations(of: one.reply).map { ($0, client.outcome(of: $0, for: message)) }
            // One failure for each kind of fault, however many outcomes show it.
            var (wrong, statuses): (SMTPReply?, Set<StatusName?>) = (nil, [])
            for case (let reply, .accepted(let acceptance)) in outcomes {
                if !reply.isAcceptance { wrong = reply }
                statuses.insert(acceptance.status)
            }
            #expect(wrong == nil, "\(one.name): accepted without the server", sourceLocation: here)
            for status in statuses { expectInGraph(status, one.name, sourceLocation: here) }
            expectNoSecret(
                in: Set(outcomes.map(\.1)), "\(one.name), the outcome of an echo", sourceLocation: here)
        }
    }

    private func alterations(of reply: SMTPReply) -> [SMTPReply] {
        let texts = ["", reply.text, String(repeating: "é", count: 600)] + secrets.map { "you said \($0) to us" }
        let statuses = [nil, reply.enhancedStatus] + secrets
        return SMTPReply.Stage.allCases.flatMap { stage in
            [251, 354, 421, 499, 530, 599, reply.code].flatMap { code in
                texts.flatMap { text in
                    statuses.map { SMTPReply(stage: stage, code: code, enhancedStatus: $0, text: text) }
                }
            }
        }
    }

    private func expect(_ mail: SMTPSubmission, is expected: SMTPSubmission, _ one: SubmissionCase) {
        let here = one.sourceLocation
        #expect(mail.server == expected.server, "\(one.name)", sourceLocation: here)
        #expect(mail.sender == expected.sender, "\(one.name)", sourceLocation: here)
        #expect(mail.recipient == expected.recipient, "\(one.name)", sourceLocation: here)
        let (message, wanted) = (
            String(decoding: mail.message, as: UTF8.self), String(decoding: expected.message, as: UTF8.self)
        )
        #expect(message == wanted, "\(one.name)", sourceLocation: here)
        #expect(mail.timeout == expected.timeout, "\(one.name)", sourceLocation: here)
    }

    private func mailClient(_ sourceLocation: SourceLocation) -> (any SMTPDeliveryClient)? {
        let client = channel.delivery as? any SMTPDeliveryClient
        #expect(client != nil, "the delivery client is no SMTPDeliveryClient", sourceLocation: sourceLocation)
        return client
    }
}
