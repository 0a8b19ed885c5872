import ChannelSDK

/// Inputs for a module whose author gave none.
extension ConformanceSuite {
    /// Messages of all kinds; a channel may refuse any of them.
    static let contents: [(name: String, content: MessageContent)] = {
        func text(_ body: String, to recipient: String = "+15551230001", _ subject: String? = nil) -> MessageContent {
            MessageContent(recipient: recipient, body: body, subject: subject)
        }
        return [
            ("a text to a number", text("Hello")), ("a mail", text("Hello", to: "ada@example.com", "A subject")),
            ("a text to a name", text("Hello", to: "ada")),
            ("quotes and lines", text("\"Hi\"\r\n\\ {{x}} ${X} <b>&amp;</b>\u{0}", to: "a\"b\\c\n&d=e", "\"\r\nX: y")),
            ("beyond ASCII", text("Zażółć 👩‍👩‍👧‍👦 \u{202e}مرحبا", to: "żółć@example.com", "Żółć")),
            ("nothing", text("", to: "")), ("a long text", text(String(repeating: "long ", count: 20_000))),
            (
                "options",
                MessageContent(
                    recipient: "+15551230001", body: "Hello", tags: ["otp"],
                    options: ["html": "<p>Hello</p>", "media_url": "https://a.example/a.png", "odd key": "\"\n"])
            ),
            (
                "a file",
                MessageContent(
                    recipient: "ada@example.com", body: "Hello", subject: "A subject",
                    attachments: [.init(name: "a.pdf", mediaType: "application/pdf", content: .bytes([37, 80]))])
            ),
        ]
    }()

    static let answers: [HTTPResponse] = {
        let bodies = [
            "", "ok", "{}", "[]", "null", #"{"id":"m-1","status":"delivered"}"#, #"{"id":1,"status":[]}"#,
            #"{"error":{"code":"x","message":"no"}}"#, "<html><body>Hello</body></html>", "\u{feff}{}", "{\"id\":",
            "id=m-1&status=sent",
        ]
        let statuses = [200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 599, 100, 0]
        return statuses.flatMap { status in bodies.map { HTTPResponse(status: status, body: Array($0.utf8)) } }
    }()

    /// Requests that nobody signed.
    func forgedRequests() -> [WebhookRequest] {
        var generator = SeededGenerator(seed: seed)
        let bodies =
            [
                "", "{}", "[]", "null", "[{}]", #"{"id":"m-1","status":"delivered","event":"delivered"}"#,
                #"{"events":[{"id":1,"status":null}]}"#, "id=m-1&status=delivered", "&&=&=a&b", "--x\r\n\r\n--x--",
                String(repeating: "[", count: 10_000), String(repeating: #"{"a":"#, count: 10_000),
            ].map { Array($0.utf8) } + (0..<50).map { _ in generator.bytes(upTo: 300) }
        let types = ["application/json", "application/x-www-form-urlencoded", "text/plain"]
        return bodies.flatMap { body in
            types.flatMap { type in
                ["POST", "GET"].map { method in
                    WebhookRequest(
                        method: method, url: Self.webhookURL, headers: ["Content-Type": type], body: body,
                        receivedAt: host.clock.now())
                }
            }
        }
    }

    /// Any message is refused by its fields or not: the same each time.
    func checkGeneratedContents() -> [ConformanceFinding] {
        var list = findings(.contents)
        for (name, content) in Self.contents {
            let problems = channel.validate(content)
            list.expect(
                problems == channel.validate(content), at: nil,
                "'\(name)': validate says something else when asked again")
            list.expect(
                problems.allSatisfy { !$0.field.isEmpty && !$0.message.isEmpty }, at: nil,
                "'\(name)': a problem names no field, or says nothing")
        }
        return list.findings
    }

    /// Requests, or mails, for each message that the channel does not refuse.
    func checkGeneratedRequests() -> [ConformanceFinding] {
        Self.contents.filter { channel.validate($0.content).isEmpty }.flatMap { name, content in
            check(requestFor: content, named: name, at: nil) + check(mailFor: content, named: name, at: nil)
        }
    }

    /// A client of neither kind carries its messages itself: one outcome for each, whatever the transport says.
    func checkDelivery(of content: MessageContent) async -> [ConformanceFinding] {
        if channel.delivery is any HTTPDeliveryClient || channel.delivery is any SMTPDeliveryClient { return [] }
        var list = findings(.faults)
        let messages = [OutboundMessage](
            repeating: message(content), count: max(1, min(channel.delivery.batchLimit, 3)))
        let outcomes = await channel.delivery.deliver(messages)
        list.expect(outcomes.count, is: messages.count, at: nil, "how many outcomes there are for \(messages.count)")
        list.expectBearable(Set(outcomes), self, at: nil, "a delivery", hiding: [])
        return list.findings
    }

    /// Any answer has an outcome: the same each time, of the graph's statuses, without a secret.
    func checkGeneratedAnswers() -> [ConformanceFinding] {
        var list = findings(.answers)
        let message = message(Self.contents[0].content)
        if let client = channel.delivery as? any HTTPDeliveryClient {
            let sent = sentSecrets(client, message)
            let echoes = echoes(client, message).flatMap { body in
                [200, 400, 500].map { HTTPResponse(status: $0, body: body) }
            }
            for response in Self.answers + echoes {
                let outcome = client.outcome(of: response, for: message)
                list.expect(
                    client.outcome(of: response, for: message) == outcome, at: nil,
                    "HTTP \(response.status): the outcome is another one when the answer is read again")
                list.expectBearable([outcome], self, at: nil, "HTTP \(response.status)", hiding: sent)
            }
        } else if let client = channel.delivery as? any SMTPDeliveryClient {
            let reply = SMTPReply(stage: .message, code: 250, text: "OK")
            list.expectBearsReplies(like: reply, client, message, self, at: nil, "a reply")
        }
        return list.findings
    }

    /// Any webhook is read or refused: the same each time, of the graph's statuses.
    func checkGeneratedWebhooks() -> [ConformanceFinding] {
        var list = findings(.webhooks)
        let requests = forgedRequests()
        list.expectBears(requests, self, at: nil, "a webhook (seed \(seed))")
        for request in requests {
            list.expect(
                parse(request) == parse(request), at: nil,
                "a webhook says something else when it is read again (seed \(seed))")
        }
        return list.findings
    }
}

extension ConformanceTable {
    /// Where to show what no line of the table is to blame for; nil for a table that nobody wrote.
    var place: CaseLocation? { location.fileID.isEmpty ? nil : location }

    /// Settings made up by their kinds: enough for a module that checks no more than that.
    static func generated(for provider: ChannelDescriptor.Provider) -> ConformanceTable {
        var values: [String: SettingValue] = [:]
        for setting in provider.settings { values[setting.name] = value(for: setting) }
        return ConformanceTable(provider: provider.name, settings: values, fileID: "")
    }

    private static func value(for setting: Setting) -> SettingValue? {
        let given = setting.defaultValue
        return switch setting.kind {
        case .secret: .secret(Secret(ConformanceSuite.canary + setting.name))
        case .string: .string(given ?? "sample")
        case .url: .string(given ?? "http://127.0.0.1:9")
        case .choice(let choices): (given ?? choices.first).map { .string($0) }
        case .integer(let range): .integer(given.flatMap { Int($0) } ?? range.lowerBound)
        case .boolean: .boolean(given == "true")
        // A default is written as in the file, which is not read here.
        case .duration: setting.isRequired ? .duration(.seconds(60)) : nil
        case .list: .list(given.map { [$0] } ?? (setting.isRequired ? ["sample"] : []))
        }
    }
}
