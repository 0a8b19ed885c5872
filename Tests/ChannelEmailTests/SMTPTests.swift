import ChannelEmail
import ChannelSDK
import ChannelTesting
import Testing

@Suite struct SMTPTests {
    private let kit: ChannelTestKit<EmailChannel>

    init() throws { kit = try Accounts.kit("smtp") }

    private static func server(
        _ port: Int = 587, _ security: SMTPServer.Security = .startTLS, client: String? = nil,
        mechanisms: Set<SMTPServer.Mechanism> = Set(SMTPServer.Mechanism.allCases), authorities: String? = nil
    ) -> SMTPServer {
        SMTPServer(
            host: "mx.acme.example", port: port, security: security,
            credentials: .init(
                username: "switchboard", password: Secret("hush-4f9d195432"), mechanisms: mechanisms),
            clientName: client, certificateAuthorityFile: authorities)
    }

    private func mail(sender: String? = nil, from: String, _ more: String) -> SMTPSubmission {
        let message = """
            Date: Fri, 02 Jan 2026 03:04:05 +0000
            From: \(from)
            To: ada@example.com
            \(more)
            """
        return SMTPSubmission(
            server: Self.server(), sender: sender ?? "bounces+\(kit.delivery)@bounces.acme.example",
            recipient: "ada@example.com", message: Array(message.replacing("\n", with: "\r\n").utf8))
    }

    private var plain: String {
        """
        Subject: Hello
        Message-ID: <\(kit.delivery)@acme.example>
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        Hi there

        """
    }

    @Test func submissions() {
        kit.check(submissions: [
            SubmissionCase("text", Accounts.content, becomes: mail(from: "Acme <hello@acme.example>", plain)),
            SubmissionCase(
                "everything", Accounts.fullContent,
                becomes: mail(
                    from: "\"Acme, Inc.\" <news@acme.example>",
                    """
                    Reply-To: help@acme.example
                    Subject: =?UTF-8?B?SGVsbMO2ICJ5b3Ui?=
                    Message-ID: <\(kit.delivery)@acme.example>
                    List-Unsubscribe: <https://acme.example/u?x=1>
                    List-Unsubscribe-Post: List-Unsubscribe=One-Click
                    MIME-Version: 1.0
                    Content-Type: multipart/alternative;
                     boundary="=_\(kit.delivery)"

                    --=_\(kit.delivery)
                    Content-Type: text/plain; charset=utf-8
                    Content-Transfer-Encoding: base64

                    SGkgw6nwn46JDQo=
                    --=_\(kit.delivery)
                    Content-Type: text/html; charset=utf-8
                    Content-Transfer-Encoding: quoted-printable

                    <p>Hi</p>
                    --=_\(kit.delivery)--

                    """)),
        ])
    }

    @Test func withoutABounceDomainMailsBounceToTheSender() throws {
        try Accounts.kit("smtp", ["bounce_domain": nil]).check(submissions: [
            SubmissionCase(
                "text", Accounts.content,
                becomes: mail(sender: "hello@acme.example", from: "Acme <hello@acme.example>", plain))
        ])
    }

    /// RFC 8058, for mails that bring no address of their own.
    @Test(arguments: [
        (
            "https://acme.example/u/{delivery}?x=1", "https://acme.example/u/DELIVERY?x=1",
            "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click"
        ), ("mailto:leave+{delivery}@acme.example", "mailto:leave+DELIVERY@acme.example", ""),
    ])
    func unsubscribing(setting: String, url: String, oneClick: String) throws {
        let kit = try Accounts.kit("smtp", ["unsubscribe_url": .string(setting)])
        let client = try #require(kit.channel.delivery as? any SMTPDeliveryClient)
        func headers(_ content: MessageContent) throws -> String {
            let message = String(decoding: try client.submission(for: kit.message(content)).message, as: UTF8.self)
            return message.replacing("\r\n ", with: " ")
        }
        let expected = url.replacing("DELIVERY", with: "\(kit.delivery)")
        #expect(try headers(Accounts.content).contains("\r\nList-Unsubscribe: <\(expected)>\(oneClick)\r\nMIME"))
        #expect(try headers(Accounts.fullContent).contains("List-Unsubscribe: <https://acme.example/u?x=1>"))
        #expect(try !headers(Accounts.fullContent).contains(expected))
    }

    @Test func servers() throws {
        let cases: [(changes: [String: SettingValue?], server: SMTPServer)] = [
            ([:], Self.server()), (["tls": .string("tls")], Self.server(465, .implicitTLS)),
            (["tls": .string("tls"), "port": .integer(2465)], Self.server(2465, .implicitTLS)),
            (
                ["tls": .string("none"), "username": nil, "password": nil],
                SMTPServer(host: "mx.acme.example", port: 25, security: .none)
            ),
            (
                [
                    "tls": .string("none"), "authentication": .string("cram-md5"),
                    "helo_name": .string("notify.acme.example"),
                ], Self.server(25, .none, client: "notify.acme.example", mechanisms: [.cramMD5])
            ),
            (["authentication": .string("login")], Self.server(mechanisms: [.login])),
            (["ca_file": .string(#filePath)], Self.server(authorities: #filePath)),
        ]
        for (changes, expected) in cases {
            let kit = try Accounts.kit("smtp", changes)
            #expect(try server(of: kit) == expected)
        }
    }

    private func server(of kit: ChannelTestKit<EmailChannel>) throws -> SMTPServer {
        let client = try #require(kit.channel.delivery as? any SMTPDeliveryClient)
        return try client.submission(for: kit.message(Accounts.content)).server
    }

    @Test(
        arguments: [
            (["host": .string("")], ["host"]), (["host": .string("mx.example:25")], ["host"]),
            (["host": .string("mx.example/x")], ["host"]), (["helo_name": .string("a b")], ["helo_name"]),
            (["username": nil], ["username"]), (["password": nil], ["password"]),
            (["password": .secret(Secret("a\n"))], ["password"]), (["password": .secret(Secret(""))], ["password"]),
            (["tls": .string("none")], ["tls"]), (["ca_file": .string("ca.pem")], ["ca_file"]),
            (["ca_file": .string("/no/such.pem")], ["ca_file"]), (["ca_file": .string("/etc")], ["ca_file"]),
            (
                ["tls": .string("none"), "username": nil, "password": nil, "ca_file": .string(#filePath)], ["ca_file"]
            ),
            (["tls": .string("none"), "authentication": .string("login")], ["tls"]),
            (["bounce_domain": .string("acme")], ["bounce_domain"]),
            (["bounce_domain": .string("a.example\r\n")], ["bounce_domain"]),
            (["unsubscribe_url": .string("http://a.example")], ["unsubscribe_url"]),
            (["unsubscribe_url": .string("https://a.example/>")], ["unsubscribe_url"]),
            // With a delivery's id in it, too long for a header.
            (
                ["unsubscribe_url": .string("https://a.example/\(String(repeating: "u", count: 850)){delivery}")],
                ["unsubscribe_url"]
            ),
            (["webhook_token": .secret(Secret(""))], ["webhook_token"]),
            (["webhook_username": .string("u")], ["webhook_username", "webhook_password"]),
            (["webhook_token": nil, "webhook_username": .string("a:b")], ["webhook_username", "webhook_password"]),
            (["webhook_password": .secret(Secret("x"))], ["webhook_username"]),
        ] as [([String: SettingValue?], [String])])
    func badSettingsAreExplained(changes: [String: SettingValue?], settings: [String]) {
        let refusal = #expect(throws: ConfigurationProblems.self) { try Accounts.kit("smtp", changes) }
        #expect(refusal?.problems.map(\.setting) == settings)
    }

    @Test func replies() {
        func reply(_ stage: SMTPReply.Stage, _ code: Int, _ status: String? = nil) -> SMTPReply {
            SMTPReply(stage: stage, code: code, enhancedStatus: status, text: "its words")
        }
        func rejected(
            _ kind: DeliveryFailure.Kind, _ place: String, _ replies: [SMTPReply]
        ) -> [ReplyCase] {
            replies.map {
                ReplyCase(
                    "\($0)", $0,
                    means: Accounts.rejected(
                        kind, $0.enhancedStatus ?? "\($0.code)", "the server refused \(place): \($0.code) its words"))
            }
        }
        let later = [reply(.recipient, 450, "4.2.0"), reply(.recipient, 421), reply(.recipient, 452, "4.2.2")]
        kit.check(
            replies: [
                ReplyCase(
                    "taken", SMTPReply(stage: .message, code: 250, text: "Ok: queued as 4F9D195432"),
                    means: Accounts.accepted("4F9D195432")),
                ReplyCase("taken without a name", reply(.message, 250, "2.0.0"), means: Accounts.accepted(nil)),
            ]
                + later.map {
                    ReplyCase(
                        "\($0)", $0,
                        means: .retry(
                            DeliveryFailure(
                                .transient, code: $0.enhancedStatus ?? "\($0.code)",
                                message: "the server refused the recipient: \($0.code) its words")))
                } + [
                    ReplyCase(
                        "overloaded", SMTPReply(stage: .session, code: 421),
                        means: .throttled(
                            DeliveryFailure(
                                .rateLimit, code: "421",
                                message: "the server refused the connection: 421 the server gives no reason"))),
                    ReplyCase(
                        "greylisted", reply(.message, 451, "4.7.1"),
                        means: .retry(
                            DeliveryFailure(
                                .transient, code: "4.7.1", message: "the server refused the mail: 451 its words"))),
                    ReplyCase(
                        "the password may be right later", reply(.authentication, 454, "4.7.0"),
                        means: .retry(
                            DeliveryFailure(
                                .transient, code: "4.7.0",
                                message: "the server refused user and password: 454 its words"))),
                ]
                + rejected(.configuration, "user and password", [reply(.authentication, 535, "5.7.8")])
                + rejected(.configuration, "the connection", [reply(.session, 554)])
                + rejected(
                    .configuration, "the sender",
                    [
                        reply(.sender, 530, "5.7.0"), reply(.sender, 550), reply(.sender, 553, "5.1.3"),
                        reply(.sender, 550, "5.7.1"),
                    ])
                + rejected(.content, "the sender", [reply(.sender, 552, "5.3.4"), reply(.sender, 552)])
                + rejected(.configuration, "the recipient", [reply(.recipient, 530, "5.7.1")])
                + rejected(
                    .recipient, "the recipient",
                    [
                        reply(.recipient, 550, "5.1.1"), reply(.recipient, 550), reply(.recipient, 551),
                        reply(.recipient, 552, "5.2.2"), reply(.recipient, 556, "5.1.10"), reply(.recipient, 521),
                    ])
                + rejected(.blocked, "the recipient", [reply(.recipient, 554, "5.7.1"), reply(.recipient, 554)])
                + rejected(.configuration, "the recipient", [reply(.recipient, 550, "5.1.8")])
                + rejected(.other, "the recipient", [reply(.recipient, 501, "5.5.4")])
                + rejected(
                    .content, "the mail",
                    [
                        reply(.message, 552, "5.3.4"), reply(.message, 552), reply(.data, 552),
                        reply(.message, 554, "5.6.0"),
                    ])
                + rejected(.blocked, "the mail", [reply(.message, 554), reply(.message, 550, "5.7.26")])
                + rejected(.recipient, "the mail", [reply(.message, 550, "5.1.1")]),
            to: Accounts.content)
    }

    /// The password as AUTH PLAIN and AUTH LOGIN show it is the password.
    @Test(arguments: ["AHN3aXRjaGJvYXJkAGh1c2gtNGY5ZDE5NTQzMg==", "aHVzaC00ZjlkMTk1NDMy"])
    func anEchoOfThePasswordIsHidden(echo: String) throws {
        let client = try #require(kit.channel.delivery as? any SMTPDeliveryClient)
        let reply = SMTPReply(stage: .authentication, code: 535, text: "bad: \(echo)")
        let outcome = client.outcome(of: reply, for: kit.message(Accounts.content))
        #expect(
            outcome
                == Accounts.rejected(.configuration, "535", "the server refused user and password: 535 bad: •••"))
    }

    @Test(arguments: [
        (TransportFailure(reason: .tls, mayHaveBeenSent: false, message: "x"), false),
        (TransportFailure(reason: .reset, mayHaveBeenSent: true, message: "x"), true),
    ])
    func withoutAReply(failure: TransportFailure, isUncertain: Bool) async throws {
        let kit = try Accounts.kit("smtp", reply: { _ in .failure(failure) })
        let described = DeliveryFailure(.transient, code: failure.reason.rawValue, message: "x")
        let outcomes = await kit.channel.delivery.deliver([kit.message(Accounts.content)])
        #expect(outcomes == [isUncertain ? .uncertain(described) : .retry(described)])
    }

    @Test func severalAtOnceKeepTheirOrder() async throws {
        let kit = try Accounts.kit(
            "smtp",
            reply: { mail in
                .success(SMTPReply(stage: .message, code: 250, text: "queued as \(mail.recipient)"))
            })
        let addresses = (0..<20).map { "a\($0)@b.example" }
        let messages = addresses.map { kit.message(MessageContent(recipient: $0, body: "x", subject: "x")) }
        let outcomes = await kit.channel.delivery.deliver(messages)
        #expect(outcomes == addresses.map { Accounts.accepted($0) })
    }

    @Test func uncheckedContentIsNeverSent() async throws {
        let content = MessageContent(recipient: "a@b.example", body: "x", subject: "a\r\nBcc: x@y.example")
        let client = try #require(kit.channel.delivery as? any SMTPDeliveryClient)
        #expect(throws: DeliveryFailure.self) { try client.submission(for: kit.message(content)) }
        guard case .rejected? = await client.deliver([kit.message(content)]).first else {
            Issue.record("it was not rejected")
            return
        }
    }
}
