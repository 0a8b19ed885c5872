import ChannelSDK
import ChannelTesting
import Testing

/// The whole suite over a module as a value, as `switchboard channel verify` runs it.
@Suite struct ConformanceRunTests {
    private func table(_ fault: FaultyChannel.Fault) -> ConformanceTable {
        ConformanceTable(
            provider: "one", settings: ["key": .secret(Secret("a-key-to-hide")), "fault": .string(fault.rawValue)])
    }

    private func run(_ module: ChannelModule, _ tables: [ConformanceTable]?, seed: UInt64 = 1) async -> (
        steps: [String], findings: [ConformanceFinding]
    ) {
        var (steps, begun): ([String], [ConformanceCheck]) = ([], [])
        let findings = await ConformanceRun(module, tables: tables, seed: seed).run {
            begun.append($0.check)
        } didRun: { step, verdict in
            #expect(begun.last == step.check)
            let word: String =
                switch verdict {
                case .passed: "passed"
                case .failed: "failed"
                case .skipped: "skipped"
                }
            steps.append("\(step.check) \(word)")
        }
        return (steps, findings)
    }

    @Test func aModuleWithoutFaultPassesEveryCheck() async {
        let (steps, findings) = await run(ChannelModule(FaultyChannel.self), [table(.none)])
        #expect(findings.isEmpty, "\(findings)")
        let checks = [
            "descriptor", "statuses", "settings", "secrecy", "contents", "requests", "answers", "faults", "webhooks",
            "verification",
        ]
        #expect(steps == checks.map { "\($0) passed" })
    }

    /// Those faults that show without a word from the author.
    @Test(
        arguments: [
            FaultyChannel.Fault.showsSecret, .echoes, .unknownStatus, .forgetsDelivery,
            .believesEverybody, .givesUpWhenThrottled, .forgetsDelay, .givesUpOn500, .explainsWithoutEnd,
            .blamesAnotherSetting, .blamesNothing, .showsABadKey, .changesItsMind,
        ])
    func generatedInputsFindTheFault(fault: FaultyChannel.Fault) async {
        let (steps, findings) = await run(ChannelModule(FaultyChannel.self), [table(fault)])
        #expect(!findings.isEmpty)
        #expect(steps.contains { $0.hasSuffix("failed") })
        #expect(!findings.contains { $0.message.contains("a-key-to-hide") }, "\(findings)")
    }

    /// A module that is no type: made-up settings, since nobody gave any.
    @Test func aModuleThatIsNoTypeIsChecked() async {
        let module = ChannelModule(descriptor: FaultyChannel.descriptor, statuses: FaultyChannel.statuses) {
            (configuration, host) throws(ConfigurationProblems) in
            try FaultyChannel(configuration: configuration, host: host)
        }
        let (steps, findings) = await run(module, nil)
        #expect(findings.isEmpty, "\(findings)")
        #expect(steps.contains("webhooks passed"))
    }

    @Test func settingsThatCannotBeMadeUpAreSaidToBe() async {
        let module = ChannelModule(descriptor: FaultyChannel.descriptor, statuses: FaultyChannel.statuses) {
            (_, _) throws(ConfigurationProblems) in
            throw ConfigurationProblems([.init(setting: "key", message: "is no key of ours")])
        }
        let (steps, findings) = await run(module, nil)
        #expect(steps == ["descriptor passed", "statuses passed", "settings skipped"])
        #expect(findings.isEmpty)
        await withKnownIssue {
            await expectConformance(of: module)
        } matching: { issue in
            "\(issue)".contains("setting 'key' is no key of ours")
        }
    }

    @Test func aBrokenGraphIsAllThatIsSaid() async {
        let graph = StatusGraph(version: 1, statuses: [.goal("a"), .goal("b")], transitions: [])
        let module = ChannelModule(
            descriptor: ChannelDescriptor(name: "Bad Name", version: "1", summary: "", providers: []), statuses: graph
        ) { (configuration, host) throws(ConfigurationProblems) in
            try FaultyChannel(configuration: configuration, host: host)
        }
        let (steps, findings) = await run(module, nil)
        #expect(steps == ["descriptor failed", "statuses failed"])
        #expect(findings.contains { $0.message.contains("'a', 'b'") || $0.message.contains("'a'") })
        #expect(findings.contains { $0.message.contains("'Bad Name'") })
    }

    @Test func theSameSeedGivesTheSameFindings() async {
        let one = await run(ChannelModule(FaultyChannel.self), [table(.echoes)], seed: 7).findings
        let two = await run(ChannelModule(FaultyChannel.self), [table(.echoes)], seed: 7).findings
        #expect(one == two && !one.isEmpty)
    }

    @Test func tablesOfTheModuleAreFound() async {
        let module = ChannelModule(TabledChannel.self)
        #expect(module.conformanceTables.count == 1)
        let line = TabledChannel.line
        let findings = await run(module, nil).findings
        #expect(findings.map(\.location?.line) == [line])
        #expect(findings.first?.description.hasPrefix("ConformanceRunTests.swift:\(line): 'wrong'") == true)
    }

    /// What names the parts may come before, between or after the reports on them.
    @Test func partsConvergeWithTheAnswerThatNamesThem() throws {
        var delivery: [StatusName] = []
        let order = try StatusOrder(checking: FaultyChannel.statuses)
        delivery.append(order.status(ofParts: ["a": "delivered"], expected: []))
        delivery.append(order.status(ofParts: ["a": "delivered"], expected: ["a", "b"]))
        delivery.append(order.status(ofParts: ["a": "delivered", "b": "delivered"], expected: ["a", "b"]))
        delivery.append(order.status(ofParts: ["a": "delivered", "b": "delivered"], expected: [], count: 2))
        delivery.append(order.status(ofParts: [:], expected: ["a"]))
        #expect(delivery == ["sent", "sent", "delivered", "delivered", "accepted"])
        #expect(order.higher(of: "sent", "delivered") == "delivered")
        #expect(order.higher(of: "unheard", "sent") == "sent")
        #expect(order.first.name == "sent")
    }
}

/// A module with a table of its own, and one wrong line in it.
private struct TabledChannel: ConformanceTested {
    static let line = #line + 5
    static let descriptor = FaultyChannel.descriptor
    static let statuses = FaultyChannel.statuses
    static var conformanceTables: [ConformanceTable] {
        var table = ConformanceTable(provider: "one", settings: ["key": .secret(Secret("a-key-to-hide"))])
        table.contents = [ContentCase("wrong", MessageContent(recipient: "x", body: "Hi"), problemsAt: ["to"])]
        return [table]
    }

    private let inner: FaultyChannel
    var delivery: any DeliveryClient { inner.delivery }
    var webhooks: any WebhookParser { inner.webhooks }

    init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        inner = try FaultyChannel(configuration: configuration, host: host)
    }
}
