public import ChannelSDK

extension ConformanceSuite {
    /// Checks the mails of an `SMTPDeliveryClient`: each to the letter; the same when made again; with the delivery's
    /// id in it, so that bounces find the delivery; without a secret in it or in its description.
    public func check(submissions cases: [SubmissionCase]) -> [ConformanceFinding] {
        var list = findings(.submissions)
        for one in cases {
            let (what, here) = ("'\(one.name)'", one.location)
            guard let client = list.mailClient(of: self, at: here) else { break }
            do throws(DeliveryFailure) {
                let mail = try client.submission(for: message(one.content))
                list.expect(mail, is: one.mail, what, at: here)
            } catch {
                list.expect(false, at: here, "\(what): \(error)")
            }
        }
        return list.findings + cases.flatMap { check(mailFor: $0.content, named: $0.name, at: $0.location) }
    }

    /// What holds for the mail of any message that the channel does not refuse.
    func check(mailFor content: MessageContent, named name: String, at here: CaseLocation?) -> [ConformanceFinding] {
        var list = findings(.submissions)
        guard let client = channel.delivery as? any SMTPDeliveryClient,
            let mail = try? client.submission(for: message(content))
        else { return [] }
        list.expect(
            (try? client.submission(for: message(content))) == mail, at: here,
            "'\(name)': the mail is another one when it is made again")
        let text = mail.sender + String(decoding: mail.message, as: UTF8.self)
        list.expect(
            text.contains(Self.delivery.description), at: here,
            "'\(name)': no delivery id in the mail, so bounces could not find the delivery")
        list.expectNoSecret(in: mail, self, at: here, "'\(name)': the mail's description")
        list.expectNoSecret(in: text, self, at: here, "'\(name)'")
        return list.findings
    }

    /// Checks how the client reads replies: each one as the table says; then each one about everything else that a reply
    /// can be about, with other codes and words, and with the secrets echoed in it. Whatever comes is an outcome, of the
    /// graph's statuses and without a secret; only a mail that was taken is accepted.
    public func check(replies cases: [ReplyCase], to content: MessageContent) -> [ConformanceFinding] {
        var list = findings(.replies)
        let message = message(content)
        for one in cases {
            guard let client = list.mailClient(of: self, at: one.location) else { break }
            let what = "'\(one.name)'"
            list.expect(client.outcome(of: one.reply, for: message), is: one.outcome, at: one.location, what)
            list.expectBearsReplies(like: one.reply, client, message, self, at: one.location, what)
        }
        return list.findings
    }

    func alterations(of reply: SMTPReply) -> [SMTPReply] {
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
}

extension FindingList {
    mutating func expectBearsReplies(
        like reply: SMTPReply, _ client: any SMTPDeliveryClient, _ message: OutboundMessage,
        _ suite: ConformanceSuite, at location: CaseLocation?, _ what: String
    ) {
        let outcomes = suite.alterations(of: reply).map { ($0, client.outcome(of: $0, for: message)) }
        for case (let reply, .accepted(let acceptance)) in outcomes {
            expect(reply.isAcceptance, at: location, "\(what): a mail that the server did not take is accepted")
            expectInGraph(acceptance.status, suite, at: location, what)
        }
        expectNoSecret(
            in: Set(outcomes.map(\.1)), suite, at: location, "\(what): the outcome of a reply that echoes the mail")
    }

    fileprivate mutating func mailClient(
        of suite: ConformanceSuite, at location: CaseLocation?
    ) -> (any SMTPDeliveryClient)? {
        let client = suite.channel.delivery as? any SMTPDeliveryClient
        expect(client != nil, at: location, "the delivery client is no SMTPDeliveryClient")
        return client
    }

    fileprivate mutating func expect(
        _ mail: SMTPSubmission, is wanted: SMTPSubmission, _ what: String, at location: CaseLocation
    ) {
        expect(mail.server, is: wanted.server, at: location, "\(what): the server")
        expect(mail.sender, is: wanted.sender, at: location, "\(what): the sender")
        expect(mail.recipient, is: wanted.recipient, at: location, "\(what): the recipient")
        expect(
            String(decoding: mail.message, as: UTF8.self), is: String(decoding: wanted.message, as: UTF8.self),
            at: location, "\(what): the message")
        expect(mail.timeout, is: wanted.timeout, at: location, "\(what): the timeout")
    }
}
