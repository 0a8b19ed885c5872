import ChannelSDK
import ChannelTesting
import Testing

/// The kit finds each fault, and finds none where there is none.
@Suite struct ChannelTestKitTests {
    private static let key = "a-key-to-hide"

    private func kit(_ fault: FaultyChannel.Fault) throws -> ChannelTestKit<FaultyChannel> {
        try ChannelTestKit(
            provider: "one", settings: ["key": .secret(Secret(Self.key)), "fault": .string(fault.rawValue)], seed: 1)
    }

    private func webhook(_ word: String, query: String = "?secret=\(key)") -> WebhookRequest {
        WebhookRequest(
            method: "POST", url: "https://a.example/\(query)",
            headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array(word.utf8),
            receivedAt: .distantPast)
    }

    private let content = MessageContent(recipient: "x", body: "Hi")

    private func run(_ kit: ChannelTestKit<FaultyChannel>, _ fault: FaultyChannel.Fault = .none) async {
        kit.checkDescriptor()
        kit.checkSettings([SettingsCase("none", changing: ["key": nil], problemsAt: ["key"])])
        kit.check(contents: [
            ContentCase("good", content),
            ContentCase("empty", MessageContent(recipient: "x", body: ""), problemsAt: ["body"]),
        ])
        let expected = kit.delivery.description
        kit.check(requests: [
            RequestCase(
                "send", content, becomes: HTTPRequest(url: "https://a.example/send", body: Array("Hi \(expected)".utf8))
            )
        ])
        let taken = DeliveryOutcome.accepted(Acceptance(providerMessageID: "1", status: "sent"))
        kit.check(
            answers: [
                AnswerCase("taken", HTTPResponse(status: 200, body: Array("ok".utf8)), means: taken),
                AnswerCase(
                    "refused", HTTPResponse(status: 400),
                    means: .rejected(DeliveryFailure(.other, code: "x", message: ""))),
            ], to: content)
        let report = StatusReport(providerMessageID: "1", kind: .status("sent"))
        kit.check(webhooks: [
            WebhookCase("sent", webhook("sent"), says: WebhookContents(reports: [report])),
            WebhookCase(
                "delivered", webhook("delivered"),
                says: WebhookContents(reports: [StatusReport(providerMessageID: "1", kind: .status("delivered"))])),
            WebhookCase(refusing: "nonsense", webhook("nonsense")),
        ])
        kit.check(anyOrderOf: [webhook("sent"), webhook("delivered"), webhook("x")], endsIn: "delivered")
        let scheme = HMACSignature(header: "X-Signature", key: Secret(Self.key))
        await kit.check(verificationOf: [webhook("sent", query: "")]) { request in
            // Where nothing but the address is looked at, that is the proof.
            WebhookRequest(
                method: request.method, url: fault == .ignoresBody ? webhook("").url : request.url,
                headers: ["X-Signature": scheme.signature(of: request.body)],
                body: request.body, receivedAt: request.receivedAt)
        }
    }

    @Test func aModuleWithoutFaultPasses() async throws { await run(try kit(.none)) }

    @Test(arguments: FaultyChannel.Fault.allCases.filter { $0 != .none })
    func eachFaultIsFound(fault: FaultyChannel.Fault) async throws {
        let kit = try kit(fault)
        // The fault is the only difference to the module that passes above.
        let findings = await findings { await run(kit, fault) }
        // For its own reason: a check that is gone is not made up for by another that is hit by accident.
        #expect(findings.contains { $0.contains(fault.finding) }, "\(findings)")
    }

    /// The failure points at the table's line, not into the kit.
    @Test func aFailurePointsAtTheTable() throws {
        let kit = try kit(.none)
        let line = #line + 1
        let wrong = ContentCase("wrong", content, problemsAt: ["to"])
        withKnownIssue {
            kit.check(contents: [wrong])
        } matching: { issue in
            issue.sourceLocation?.line == line && issue.sourceLocation?.fileName == "ChannelTestKitTests.swift"
        }
    }

    @Test func aWrongEndIsFound() throws {
        let kit = try kit(.none)
        withKnownIssue { kit.check(anyOrderOf: [webhook("sent"), webhook("delivered")], endsIn: "sent") }
    }

    @Test func theTransportKeepsWhatItWasAsked() async {
        let transport = ScriptedTransport { request in .success(HTTPResponse(status: 200, body: request.body)) }
        let requests = ["1", "2"].map { HTTPRequest(url: "https://a.example/\($0)", body: Array($0.utf8)) }
        for request in requests {
            let result = await transport.perform(request)
            #expect(result == .success(HTTPResponse(status: 200, body: request.body)))
        }
        #expect(transport.requests == requests)
    }
}

extension FaultyChannel.Fault {
    /// What the kit says of it.
    fileprivate var finding: String {
        switch self {
        case .none: ""
        case .showsSecret: "secrecy: the channel's dump shows a secret"
        case .echoes: "an answer that echoes the request shows a secret"
        case .unknownStatus: "the graph has no status 'shipped'"
        case .forgetsDelivery: "no delivery id in the request"
        case .differsEachTime: "says something else when it is read again"
        case .believesEverybody: "an unsigned request is genuine"
        case .ignoresBody, .coversHalfTheBody: "a request with an altered body is genuine"
        case .takesAnyProof: "with another byte in header X-Signature"
        case .givesUpWhenThrottled: "HTTP 429 without Retry-After is rejected"
        case .forgetsDelay: "HTTP 429 with Retry-After: 7 is throttled for the host's own delay"
        case .givesUpOn500: "HTTP 500 without the provider's own code is rejected"
        case .explainsWithoutEnd: "1048576 bytes of explanation"
        case .stumblesOverFields: "'sent', with a field that nobody has heard of, is"
        case .stumblesOverItems: "'sent', with a field that nobody has heard of, is nil"
        case .blamesAnotherSetting: "a problem names 'token', which is no setting of 'one'"
        case .blamesNothing: "it refuses the settings, but names no problem"
        case .showsABadKey: "the problem of 'key' shows a secret"
        case .countsPartsOnce: "as the order of arrival decides"
        case .changesItsMind: "the outcome is another one when the answer is read again"
        case .refusesNewWords, .takesNewWordsForOld:
            "with a status that nobody has heard of: should be reported as unknown"
        }
    }
}
