import ChannelSDK
import ChannelTesting
import Testing

/// The examples whose providers report nothing.
@Suite struct SmallExamplesTests {
    private func answer(_ status: Int, _ body: String) -> HTTPResponse {
        HTTPResponse(status: status, body: Array(body.utf8))
    }

    /// The request, with its headers in order and its body as text.
    private func written(_ channel: any RunningChannel, _ message: OutboundMessage) throws -> [String] {
        let client = try #require(channel.delivery as? any HTTPDeliveryClient)
        let request = try client.request(for: message)
        return ["\(request.method) \(request.url)"] + request.headers.fields.map { "\($0.name): \($0.value)" }.sorted()
            + [String(decoding: request.body, as: UTF8.self)]
    }

    @Test func `slack`() throws {
        let url = "https://hooks.slack.com/services/T0/B0/x1y2z3secret"
        let kit = try ChannelTestKit(
            Slack.self, provider: "slack", settings: ["webhook_url": .secret(Secret(url))])
        kit.checkDescriptor()
        let content = MessageContent(recipient: "#ops", body: "Disk \"full\"")
        #expect(
            try written(kit.channel, kit.message(content)) == [
                "POST \(url)", "Content-Type: application/json", #"{"text":"Disk \"full\"","unfurl_links":false}"#,
            ])
        func failure(_ kind: DeliveryFailure.Kind, _ code: String, _ message: String) -> DeliveryFailure {
            DeliveryFailure(kind, code: code, message: message)
        }
        kit.check(
            answers: [
                AnswerCase(
                    "taken", answer(200, "ok\n"), means: .accepted(Acceptance(providerMessageID: nil, status: "posted"))
                ),
                AnswerCase(
                    "no such hook", answer(404, "no_service"),
                    means: .rejected(failure(.configuration, "no_service", "no_service"))),
                AnswerCase(
                    "a page", answer(200, "<html>Sign in</html>"),
                    means: .uncertain(failure(.transient, "<html>Sign in</html>", "<html>Sign in</html>"))),
            ], to: content)
    }

    @Test func `telegram`() throws {
        let kit = try ChannelTestKit(
            Telegram.self, provider: "telegram",
            settings: [
                "token": .secret(Secret("123456:ABC-secret-DEF")), "base_url": .string("https://api.telegram.org"),
                "silent": .boolean(false),
            ])
        kit.checkDescriptor()
        let content = MessageContent(recipient: "@news", body: "Hi", options: ["parse_mode": "HTML"])
        #expect(
            try written(kit.channel, kit.message(content)) == [
                "POST https://api.telegram.org/bot123456:ABC-secret-DEF/sendMessage", "Content-Type: application/json",
                #"{"chat_id":"@news","text":"Hi","parse_mode":"HTML","disable_notification":false}"#,
            ])
        let wait = #"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":35}}"#
        kit.check(
            answers: [
                AnswerCase(
                    "taken", answer(200, #"{"ok":true,"result":{"message_id":7}}"#),
                    means: .accepted(Acceptance(providerMessageID: "7", status: "sent"))),
                AnswerCase(
                    "wait", answer(429, wait),
                    means: .throttled(
                        DeliveryFailure(.rateLimit, code: "429", message: "Too Many Requests"), after: .seconds(35))),
                AnswerCase(
                    "an echo", answer(404, #"{"error_code":404,"description":"no 123456:ABC-secret-DEF here"}"#),
                    means: .rejected(DeliveryFailure(.configuration, code: "404", message: "no ••• here"))),
            ], to: content)
    }

    @Test func `ntfy`() throws {
        let kit = try ChannelTestKit(
            Ntfy.self, provider: "ntfy",
            settings: ["token": .secret(Secret("tk_secret_of_ntfy")), "base_url": .string("https://ntfy.example.com/")])
        kit.checkDescriptor()
        let content = MessageContent(
            recipient: "ops/../x?y", body: "Hi\r\nthere", subject: "Disk", options: ["priority": "5"])
        #expect(
            try written(kit.channel, kit.message(content)) == [
                "POST https://ntfy.example.com/ops%2F..%2Fx%3Fy", "Authorization: Bearer tk_secret_of_ntfy",
                "Content-Type: text/plain; charset=utf-8", "Priority: 5", "Title: Disk", "Hi\r\nthere",
            ])
        func with(_ change: (inout MessageContent) -> Void) -> MessageContent {
            var changed = content
            change(&changed)
            return changed
        }
        kit.check(contents: [
            ContentCase("fine", content),
            ContentCase("another header", with { $0.subject = "a\r\nX-Admin: 1" }, problemsAt: ["subject"]),
            ContentCase("another line", with { $0.options["tags"] = "a\nb" }, problemsAt: ["options.tags"]),
            ContentCase("another address", with { $0.recipient = ".." }, problemsAt: ["to"]),
            ContentCase("many bytes", with { $0.body = String(repeating: "é", count: 2049) }, problemsAt: ["body"]),
        ])
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        #expect(throws: DeliveryFailure.self) {
            try client.request(for: kit.message(with { $0.subject = "a\nb" }))
        }
    }

    @Test func `whoever calls a channel without webhooks is refused`() async throws {
        let kit = try ChannelTestKit(
            Slack.self, provider: "slack", settings: ["webhook_url": .secret(Secret("https://hooks.slack.com/x"))])
        guard case .scheme(let verifier) = kit.channel.webhooks.verification else {
            Issue.record("no verification")
            return
        }
        let request = WebhookRequest(
            method: "POST", url: "https://notify.example.com/webhooks/slack", headers: [:], body: [],
            receivedAt: Timestamp(seconds: 0))
        #expect(await verifier.verify(request, now: Timestamp(seconds: 0)) != .genuine)
    }

    @Test(arguments: ["https://user:password@hooks.slack.com/x", "hooks.slack.com/x", "https://", "ftp://x.example/"])
    func `a setting that is the address must be one`(_ url: String) {
        #expect(throws: ConfigurationProblems.self) {
            try ChannelTestKit(Slack.self, provider: "slack", settings: ["webhook_url": .secret(Secret(url))])
        }
    }
}
