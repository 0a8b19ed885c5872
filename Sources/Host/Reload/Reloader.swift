import API
import ChannelSDK
import ConfigurationFile
import Foundation
import Logging
import Pipeline

/// Has the running host go on with its file as it is now: as a whole, or not at all. One reload at a time.
actor Reloader {
    private let file: String
    private let environment: [String: String]
    private let services: ChannelServices
    private let pipeline: NotificationPipeline
    private let logger: Logger
    private var current: CheckedConfiguration
    private var last: Task<ReloadOutcome, Never>?
    /// What else goes by the configuration.
    private var followers: [@Sendable (CheckedConfiguration) -> Void] = []

    init(
        _ current: CheckedConfiguration, file: String, environment: [String: String], services: ChannelServices,
        pipeline: NotificationPipeline, logger: Logger
    ) {
        self.current = current
        self.file = file
        self.environment = environment
        self.services = services
        self.pipeline = pipeline
        self.logger = logger
    }

    func onChange(_ follow: @escaping @Sendable (CheckedConfiguration) -> Void) { followers.append(follow) }

    /// Waits for its turn.
    func reload() async -> ReloadOutcome {
        let before = last
        let turn = Task {
            _ = await before?.value
            let outcome = await self.read()
            self.tell(outcome)
            return outcome
        }
        last = turn
        return await turn.value
    }

    private func read() async -> ReloadOutcome {
        let (loaded, checked) = await check()
        var next = checked
        guard !next.hasErrors else { return .refused(next.diagnostics) }
        let difference = ConfigurationDifference(from: current.loaded.values, to: loaded.values)
        let fixed = difference.fixed.map { change in
            loaded.diagnostic("\(change.path) needs a restart: it is read when the host starts", at: change.path)
        }
        guard fixed.isEmpty else { return .refused(fixed) }
        let losses = next.losses(after: current)
        guard losses.isEmpty else { return .refused(losses) }
        next.carryOver(from: current, difference)
        do throws(StoreError) {
            let (graphs, refusals) = try await GraphKeeper(store: pipeline.store).keep(next)
            guard refusals.isEmpty else { return .refused(refusals) }
            return await apply(next, difference, graphs)
        } catch {
            return .failed("the store can't be asked about the channels' statuses: \(error)")
        }
    }

    /// On a thread of its own: it reads files, and waits for loaded modules.
    private func check() async -> (LoadedConfiguration, CheckedConfiguration) {
        let (file, environment, services, current) = (file, environment, services, current)
        return await withCheckedContinuation { continuation in
            let thread = Thread {
                let loaded = CheckedConfiguration.reload(path: file, environment: environment)
                continuation.resume(
                    returning: (loaded, CheckedConfiguration(loaded, services: services, after: current)))
            }
            thread.name = "reload"
            // As the first time, in the main thread: the file may be nested.
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    private func apply(
        _ next: CheckedConfiguration, _ difference: ConfigurationDifference, _ graphs: [StoredGraph]
    ) async -> ReloadOutcome {
        guard pipeline.change(to: next.channels, graphs: graphs) else { return .failed("the host is stopping") }
        let gone = Set(current.channels.keys).subtracting(next.channels.keys).sorted()
        current = next
        for follow in followers { follow(next) }
        var warnings = next.diagnostics.map(\.description)
        for channel in gone where (try? await pipeline.store.nextDue(of: channel)) != nil {
            warnings.append(
                "channel '\(channel)' is gone from the file, and messages wait for it: they wait until it is there again; "
                    + "to have them sent, let it stay with 'removal: drain' for a while")
        }
        return .applied(difference.changes.map { .init(path: $0.path, text: "\($0)") }, warnings: warnings)
    }

    private func tell(_ outcome: ReloadOutcome) {
        switch outcome {
        case .applied(let changes, let warnings):
            for warning in warnings { logger.warning("\(warning)") }
            logger.notice(
                "the configuration was read anew",
                metadata: ["changes": "\(changes.isEmpty ? "none" : changes.map(\.text).joined(separator: "; "))"])
        case .refused(let problems):
            for problem in problems { logger.error("\(problem.field): \(problem.message)") }
            logger.error("the configuration was not applied: the host goes on with the one that it has")
        case .failed(let reason): logger.error("the configuration was not applied: \(reason)")
        }
    }
}

extension ReloadOutcome {
    static func refused(_ diagnostics: [Diagnostic]) -> Self {
        .refused(diagnostics.filter { $0.severity == .error }.map { FieldProblem($0) })
    }
}

extension FieldProblem {
    /// The field is the place in the file.
    init(_ diagnostic: Diagnostic) {
        self.init(field: diagnostic.place, message: diagnostic.message)
    }
}
