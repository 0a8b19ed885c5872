public import ChannelSDK

/// Every check of a module: by its author's tables, and by generated inputs for each of its providers.
public struct ConformanceRun: Sendable {
    /// The module that is checked.
    public let module: ChannelModule
    /// What its author says must come out.
    public let tables: [ConformanceTable]
    /// Decides every random byte.
    public let seed: UInt64

    /// A check that is about to run, or did.
    public struct Step: Sendable, Hashable {
        /// What is checked.
        public let check: ConformanceCheck
        /// Nil: it is about the module.
        public let provider: String?
        /// False: the provider's settings are made up, as no table gives any.
        public let hasTable: Bool
    }

    /// What a check has come to.
    public enum Verdict: Sendable, Hashable {
        /// Nothing was found.
        case passed
        /// All that was found.
        case failed([ConformanceFinding])
        /// It could not run, for the given reason.
        case skipped(String)
    }

    /// - Parameters:
    ///   - tables: the module's own unless others are given.
    ///   - seed: decides every random byte.
    public init(_ module: ChannelModule, tables: [ConformanceTable]? = nil, seed: UInt64) {
        self.module = module
        self.tables = tables ?? module.conformanceTables
        self.seed = seed
    }

    /// Runs all checks, one after the other.
    /// - Parameters:
    ///   - willRun: called before each, also before one that is then skipped.
    ///   - didRun: called with its verdict.
    /// - Returns: all findings.
    @discardableResult
    public func run(
        willRun: (Step) -> Void = { _ in }, didRun: (Step, Verdict) -> Void = { _, _ in }
    ) async -> [ConformanceFinding] {
        var findings: [ConformanceFinding] = []
        func note(_ step: Step, _ found: [ConformanceFinding]) {
            findings += found
            didRun(step, found.isEmpty ? .passed : .failed(found))
        }
        let location = tables.first?.location
        var step = Step(check: .descriptor, provider: nil, hasTable: false)
        willRun(step)
        note(step, ConformanceSuite.check(descriptor: module.descriptor, at: location))
        step = Step(check: .statuses, provider: nil, hasTable: false)
        willRun(step)
        let violations = ConformanceSuite.check(statuses: module.statuses, at: location)
        note(step, violations)
        // Without an order there is nothing to judge statuses by.
        guard violations.isEmpty else { return findings }
        for (table, hasTable) in allTables {
            step = Step(check: .settings, provider: table.provider, hasTable: hasTable)
            willRun(step)
            switch suite(table) {
            case .failure(let refusal) where hasTable:
                note(step, [ConformanceFinding(.settings, refusal.message, at: table.location)])
            case .failure(let refusal):
                didRun(step, .skipped("made-up settings won't do, and no table gives others: \(refusal.message)"))
            case .success(let suite):
                note(step, suite.check(settings: table.changes, at: table.place))
                for check in suite.applicable(table) {
                    step = Step(check: check, provider: table.provider, hasTable: hasTable)
                    willRun(step)
                    note(step, await suite.findings(of: check, table))
                }
            }
        }
        return findings
    }

    private struct Refusal: Error { let message: String }

    private func suite(_ table: ConformanceTable) -> Result<ConformanceSuite, Refusal> {
        guard module.descriptor.providers.contains(where: { $0.name == table.provider }) else {
            return .failure(Refusal(message: "the module has no provider '\(table.provider)'"))
        }
        do {
            return .success(
                try ConformanceSuite(
                    module, provider: table.provider, settings: table.settings, seed: seed, now: table.now))
        } catch let problems as ConfigurationProblems {
            let said = problems.problems.map { "setting '\($0.setting)' \($0.message)" }
            return .failure(Refusal(message: said.joined(separator: "; ")))
        } catch {
            return .failure(Refusal(message: "\(error)"))
        }
    }

    /// The author's tables; then one of made-up settings for each provider that has none.
    private var allTables: [(ConformanceTable, hasTable: Bool)] {
        let others = module.descriptor.providers.filter { provider in
            !tables.contains { $0.provider == provider.name }
        }
        return tables.map { ($0, true) } + others.map { (ConformanceTable.generated(for: $0), false) }
    }
}

extension ConformanceSuite {
    /// The checks, beside that of the settings, that there is something for.
    fileprivate func applicable(_ table: ConformanceTable) -> [ConformanceCheck] {
        let isMail = channel.delivery is any SMTPDeliveryClient
        let isHTTP = channel.delivery is any HTTPDeliveryClient
        return ConformanceCheck.allCases.filter { check in
            switch check {
            case .descriptor, .statuses, .settings: false
            case .requests: isHTTP || !table.requests.isEmpty
            case .answers: isHTTP || !table.answers.isEmpty
            case .submissions: isMail || !table.submissions.isEmpty
            case .replies: isMail || !table.replies.isEmpty
            case .convergence: !table.convergence.isEmpty || !table.webhooks.isEmpty
            case .secrecy, .contents, .faults, .webhooks, .verification: true
            }
        }
    }

    fileprivate func findings(
        of check: ConformanceCheck, _ table: ConformanceTable
    ) async -> [ConformanceFinding] {
        switch check {
        case .descriptor, .statuses, .settings: []
        case .secrecy: checkSecrecy(at: table.place)
        case .contents: self.check(contents: table.contents) + checkGeneratedContents()
        case .requests: self.check(requests: table.requests) + checkGeneratedRequests()
        case .answers: self.check(answers: table.answers, to: table.content) + checkGeneratedAnswers()
        case .faults: await checkFaults(of: table.content, at: table.place) + checkDelivery(of: table.content)
        case .submissions: self.check(submissions: table.submissions) + checkGeneratedRequests()
        case .replies: self.check(replies: table.replies, to: table.content) + checkGeneratedAnswers()
        case .webhooks: self.check(webhooks: table.webhooks) + checkGeneratedWebhooks()
        case .verification:
            await self.check(verification: table.verification) + self.check(verificationAgainst: forgedRequests())
        case .convergence: self.check(convergence: table.convergence) + self.check(convergenceOf: table.webhooks)
        }
    }
}
