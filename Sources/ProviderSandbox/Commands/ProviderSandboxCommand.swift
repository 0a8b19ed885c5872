import ArgumentParser
import FoundationEssentials
import Hummingbird
import Logging
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The program `provider-sandbox`.
@main
struct ProviderSandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provider-sandbox",
        abstract: "Stand-in providers that speak the real protocols: accept messages, report on them, fail on demand.",
        discussion: """
            Every random choice follows from --seed and from the message it is about: the same requests meet the same \
            faults, in whatever order they arrive. A message is known by what its sender calls it: the query item \
            "delivery" of the address to report to, or the provider's field for data that come back in reports; a mail \
            over SMTP also by what follows the "+" of the address that it bounces to; without one by its recipient \
            and body. Each request with the same one is decided anew.

            GET /ledger says per message what was asked, taken and reported (?after=N&limit=M), GET /ledger/summary \
            the totals; DELETE /ledger empties it. GET / shows the addresses.

            \(Sandbox.specialRecipients)
            """)

    @Option(help: "Where to listen; port 0 takes any free port. The bound address is printed.")
    var listen = ListenAddress(host: "127.0.0.1", port: 4010)

    @Option(help: "What the random choices follow from. It is printed; without it one is drawn.")
    var seed: UInt64?

    @OptionGroup(title: "Faults of the API, as a share of the requests (0…1)")
    var requests: RequestFaultOptions

    @OptionGroup(title: "Reports")
    var reports: ReportOptions

    @OptionGroup
    var providers: ProviderOptions

    @Flag(help: "Log warnings and errors only, not every message and report.")
    var quiet = false

    func validate() throws {
        if let problem = rates.problem { throw ValidationError(problem) }
    }

    func run() async throws {
        let seed = seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
        var logger = Logger(label: "provider-sandbox", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = quiet ? .warning : .info
        let sandbox = try Sandbox(settings: settings(seed: seed), logger: logger)
        Self.announce("seed \(seed)")
        let application = sandbox.application(listening: .hostname(listen.host, port: listen.port)) { address in
            Self.announce("listening on http://\(listen.bracketedHost):\(address?.port ?? listen.port)")
        }
        do {
            try await application.runService()
        } catch let error as IOError {
            throw ListenFailure(
                address: listen.defaultValueDescription, reason: String(cString: strerror(error.errnoCode)))
        }
    }

    private var rates: FaultRates {
        var rates = FaultRates()
        requests.set(&rates)
        reports.set(&rates)
        return rates
    }

    private func settings(seed: UInt64) -> SandboxSettings {
        SandboxSettings(
            plan: FaultPlan(
                seed: seed, rates: rates, latency: reports.latency.range, answerLatency: requests.answerLatency.range),
            callbacks: CallbackDispatcher.Limits(
                connectionsPerReceiver: reports.callbackConnections, timeout: reports.callbackTimeout.amount,
                retries: CallbackRetryPolicy(longest: reports.callbackRetries.amount), batch: reports.batch,
                batchWindow: reports.batchWindow.amount),
            providers: providers.settings(environment: ProcessInfo.processInfo.environment, seed: seed))
    }

    /// Writes a line for the program that started this one: at once, even into a pipe.
    private static func announce(_ line: String) {
        print(line)
        fflush(nil)
    }
}

/// The address cannot be listened on.
private struct ListenFailure: Error, CustomStringConvertible {
    var address: String
    var reason: String
    var description: String { "--listen \(address): \(reason). Choose another address, or port 0 for any free port." }
}
