import ChannelEmail
import ChannelSDK
import ChannelTesting
import Testing

@Suite struct EmailChannelTests {
    /// The whole suite, with inputs that no table has.
    @Test func theModuleConforms() async {
        let content = MessageContent(recipient: "ada@example.com", body: "Hello", subject: "Hello")
        let tables = Accounts.all.map { ConformanceTable(provider: $0, settings: $1, content: content) }
        await expectConformance(of: ChannelModule(EmailChannel.self), tables: tables)
    }

    @Test(arguments: Accounts.all.keys.sorted())
    func theModuleDescribesItselfWithoutSecrets(provider: String) throws {
        let kit = try Accounts.kit(provider)
        kit.checkDescriptor()
        let own = kit.order.statuses.suffix(7)
        #expect(own.map(\.name) == ["queued", "sent", "deferred", "dropped", "delivered", "bounced", "complained"])
        #expect(own.map(\.meaning) == [.progress, .progress, .progress, .failure, .goal, .failure, .goal])
        #expect(own.map(\.isSettled) == [false, false, false, true, true, true, true])
    }

    @Test func everyProviderIsTested() {
        #expect(Set(EmailChannel.descriptor.providers.map(\.name)) == Set(Accounts.all.keys))
    }

    /// Each required setting missing, alone and together; every address and URL damaged.
    @Test(arguments: Accounts.all.keys.sorted())
    func badSettingsAreAllExplained(provider: String) throws {
        let required = try #require(EmailChannel.descriptor.providers.first { $0.name == provider }).settings
            .filter(\.isRequired).map(\.name)
        for name in required {
            let refusal = #expect(throws: ConfigurationProblems.self) { try Accounts.kit(provider, [name: nil]) }
            #expect(refusal?.problems.map(\.setting) == [name])
        }
        let refusal = #expect(throws: ConfigurationProblems.self) {
            try Accounts.kit(provider, Dictionary(uniqueKeysWithValues: required.map { ($0, nil) }))
        }
        #expect(Set(refusal?.problems.map(\.setting) ?? []) == Set(required))
        for (name, value) in [
            ("from", "Acme"), ("from", "a@b.example\r\nBcc: x@y.example"), ("base_url", "https://a/?b"),
        ] where name != "base_url" || Accounts.overHTTP.contains(provider) {
            let refusal = #expect(throws: ConfigurationProblems.self) {
                try Accounts.kit(provider, [name: .string(value)])
            }
            #expect(refusal?.problems.map(\.setting) == [name])
        }
    }

    @Test func secretsWithLineBreaksAreRefused() throws {
        for (provider, name) in [("sendgrid", "api_key"), ("postmark", "server_token"), ("mailgun", "api_key")] {
            let refusal = #expect(throws: ConfigurationProblems.self) {
                try Accounts.kit(provider, [name: .secret(Secret("abc-def-ghi\n"))])
            }
            #expect(refusal?.problems.map(\.setting) == [name])
            #expect(!"\(String(describing: refusal))".contains("abc-def"))
        }
    }

    @Test func contentIsCheckedBeforeItIsAccepted() throws {
        func to(_ address: String) -> MessageContent {
            MessageContent(recipient: address, body: "Hi", subject: "Hello")
        }
        func option(_ name: String, _ value: String) -> MessageContent {
            MessageContent(recipient: "a@b.example", body: "Hi", subject: "Hello", options: [name: value])
        }
        func subject(_ subject: String?) -> MessageContent {
            MessageContent(recipient: "a@b.example", body: "Hi", subject: subject)
        }
        let long = String(repeating: "a", count: 64)
        let good = [
            "a@b.example", "a.b+c@b.example", "o'neil@b.example", "a@xn--bcher-kva.example", "\(long)@b.example",
            "!#$%&'*+-/=?^_`{|}~@b.example", "A@B.C2.Example",
        ]
        let bad = [
            "", "@", "a", "a@", "@b.example", "a@b", "a b@c.example", ".a@b.example", "a.@b.example", "a..b@c.example",
            "a@-b.example", "a@b-.example", "a@b..example", "a@b.example.", "a@192.0.2.1", "a@[192.0.2.1]",
            "\"a b\"@c.example", "a@bücher.example", "é@b.example", "a@b.example\r\nBcc: x@y.example", "a@b.example\n",
            "a@b_c.example", "\(long)a@b.example", "a@\(long).example", "Ada <a@b.example>", "a@b@c.example",
            "a@b.example,c@d.example",
        ]
        var cases = good.map { ContentCase("to '\($0)'", to($0)) }
        cases += bad.map { ContentCase("to '\($0)'", to($0), problemsAt: ["to"]) }
        cases += [nil, "", "a\nb", "a\rb", "a\u{0}", "a\u{85}b", "a\u{2028}b", String(repeating: "é", count: 500)].map {
            ContentCase("subject '\($0 ?? "nil")'", subject($0), problemsAt: ["subject"])
        }
        cases += ["a", "Żółć 🎉", String(repeating: "a", count: 998)].map { ContentCase("subject", subject($0)) }
        for name in ["from", "reply_to"] {
            cases += ["a@b.example", "Ada <a@b.example>", "\"Ada, \\\"x\\\"\" <a@b.example>", "<a@b.example>"].map {
                ContentCase("\(name) '\($0)'", option(name, $0))
            }
            cases += ["", "Ada", "Ada a@b.example", "a@b.example>", "\"Ada <a@b.example>", "A\r\nB <a@b.example>"].map {
                ContentCase("\(name) '\($0)'", option(name, $0), problemsAt: ["options.\(name)"])
            }
        }
        cases += ["https://a.example/u", "mailto:u@a.example"].map { ContentCase($0, option("unsubscribe_url", $0)) }
        cases += ["", "http://a.example", "https://", "https://a/>", "https://a/\r\nX: y", "https://a/ b", "https://é"]
            .map { ContentCase("url '\($0)'", option("unsubscribe_url", $0), problemsAt: ["options.unsubscribe_url"]) }
        // The header's line has 998 bytes at most.
        func address(_ count: Int) -> String { "https://a.example/".padding(to: count) }
        cases += [
            ContentCase("a long url", option("unsubscribe_url", address(900))),
            ContentCase(
                "too long a url", option("unsubscribe_url", address(901)), problemsAt: ["options.unsubscribe_url"]),
        ]
        cases += [
            ContentCase("options of other channels", option("media_url", "?")),
            ContentCase(
                "no body", MessageContent(recipient: "a@b.example", body: "", subject: "x"), problemsAt: ["body"]),
            ContentCase(
                "only HTML", MessageContent(recipient: "a@b.example", body: "", subject: "x", options: ["html": "x"])),
            ContentCase(
                "everything at once", MessageContent(recipient: "x", body: "", options: ["from": "?", "html": ""]),
                problemsAt: ["to", "subject", "body", "options.from", "options.html"]),
        ]
        try Accounts.kit("sendgrid").check(contents: cases)
    }

    /// Whatever was not checked before is refused when the request is made.
    @Test(arguments: Accounts.overHTTP)
    func uncheckedContentIsNeverSent(provider: String) throws {
        let kit = try Accounts.kit(provider)
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let content = MessageContent(recipient: "a@b.example", body: "x", subject: "a\r\nBcc: x@y.example")
        #expect(throws: DeliveryFailure.self) { try client.request(for: kit.message(content)) }
    }

    /// A broken connection: only Resend drops repeats.
    @Test(arguments: Accounts.overHTTP)
    func aBrokenConnection(provider: String) async throws {
        let lost = TransportFailure(reason: .reset, mayHaveBeenSent: true, message: "reset")
        let kit = try Accounts.kit(provider, answer: { _ in .failure(lost) })
        let failure = DeliveryFailure(.transient, code: "reset", message: "reset")
        let outcomes = await kit.channel.delivery.deliver([kit.message(Accounts.content)])
        #expect(outcomes == [provider == "resend" ? .retry(failure) : .uncertain(failure)])
    }

    /// The HTTP status decides where no code does, for every provider.
    @Test(arguments: Accounts.overHTTP)
    func theStatusComesSecond(provider: String) throws {
        let kit = try Accounts.kit(provider)
        let words = "without an explanation that can be read"
        func failure(_ kind: DeliveryFailure.Kind, _ status: Int) -> DeliveryFailure {
            DeliveryFailure(kind, code: "http_\(status)", message: "HTTP \(status) \(words)")
        }
        for body in ["", "<html><h1>Oops</h1></html>", "{", "[]", "null", #"{"message": 7, "name": [], "errors": {}}"#]
        {
            kit.check(
                answers: [500, 503, 408].map {
                    AnswerCase("\($0) \(body)", Accounts.answer($0, body), means: .retry(failure(.transient, $0)))
                }
                    + [401, 403, 404, 301].map {
                        AnswerCase(
                            "\($0) \(body)", Accounts.answer($0, body), means: .rejected(failure(.configuration, $0)))
                    } + [
                        AnswerCase(
                            "429", Accounts.answer(429, body, ["Retry-After": "7"]),
                            means: .throttled(failure(.rateLimit, 429), after: .seconds(7))),
                        AnswerCase("413", Accounts.answer(413, body), means: .rejected(failure(.content, 413))),
                    ], to: Accounts.content)
        }
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        for status in [502, 504] {
            let outcome = client.outcome(of: Accounts.answer(status), for: kit.message(Accounts.content))
            if case .retry = outcome { #expect(provider == "resend") } else { #expect(provider != "resend") }
        }
        for body in ["", "<html>Sign in</html>", "{}"] {
            let outcome = client.outcome(of: Accounts.answer(200, body), for: kit.message(Accounts.content))
            guard case .uncertain(let failure) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            #expect(failure.code == "http_200")
        }
    }
}

extension String {
    fileprivate func padding(to count: Int) -> String { self + String(repeating: "u", count: count - utf8.count) }
}
