import Accounts
import ArgumentParser
import ChannelSDK
import ConfigurationFile
import CoreMetrics
import Foundation
import Logging
import PostgresStore
import SQLiteBackend

/// Users and keys where the configuration file says that they are, for commands beside the host: it may run meanwhile,
/// or not. Who can read the file's secrets is an operator, so nothing else is asked for.
struct AccountsOnFile {
    let configuration: HostConfiguration
    let accounts: AccountService

    /// Opens them for `body`. What goes wrong is said, and ends the command.
    static func open(_ file: String, _ body: (AccountsOnFile) async throws -> Void) async throws {
        let configuration = try configuration(file)
        var logger = Logger(label: "switchboard")
        logger.logLevel = .error
        let clock = SQLiteBackend.SystemClock()
        do {
            let shared =
                try configuration.redis.map {
                    try CacheAndLimits.redis($0, clock: clock, metrics: NOOPMetricsHandler.instance, logger: logger)
                }
                ?? .inProcess(clock: clock)
            let (store, close) = try await store(configuration)
            let result = await Result {
                guard
                    let accounts = try await AccountService.configured(
                        configuration, store: store, cache: shared.cache, clock: clock, logger: logger)
                else { throw ValidationError("'auth' is missing") }
                await shared.settle()
                try await body(AccountsOnFile(configuration: configuration, accounts: accounts))
            }
            await close()
            await shared.close()
            try result.get()
        } catch let error where !(error is ExitCode) {
            Terminal.complain("error: \(Self.text(error))\n")
            throw ExitCode(1)
        }
    }

    private static func configuration(_ file: String) throws -> HostConfiguration {
        let loaded = CheckedConfiguration.load(path: file, environment: ProcessInfo.processInfo.environment)
        let problems = TokenConfiguration.diagnostics(loaded)
        guard let configuration = loaded.configuration, problems.isEmpty else {
            Terminal.complain(loaded.report + problems.map { "\($0)\n" }.joined())
            throw ExitCode(1)
        }
        guard configuration.auth != nil else {
            Terminal.complain("\(file): error: without an 'auth' block there are no users: see docs/accounts.md\n")
            throw ExitCode(1)
        }
        return configuration
    }

    private static func store(
        _ configuration: HostConfiguration
    ) async throws -> (store: any AccountStore, close: @Sendable () async -> Void) {
        guard let postgres = configuration.postgres else {
            try Backends.makeFolder(of: configuration.storage.path)
            let file = try SQLiteAccountFile(path: configuration.storage.path)
            return (file.accounts, { await file.close() })
        }
        let database = PostgresStore.Configuration(postgres, replica: "")
        _ = try await PostgresStore.migrate(database)
        let store = try PostgresStore(database)
        return (PostgresAccountStore(store), { await store.close() })
    }

    private static func text(_ error: any Error) -> String {
        guard let error = error as? AccountError else { return "\(error)" }
        return switch error {
        case .invalid(let problems): problems.map { "\($0.field) \($0.message)" }.joined(separator: "; ")
        case .emailTaken: "somebody has this email address already"
        case .unknownUser: "there is no such user"
        case .unknownKey: "there is no such key"
        case .changedMeanwhile: "somebody else changes the same user: try again"
        case .unavailable(let reason), .failed(let reason): reason
        case .busy, .refused, .registrationClosed: "\(error)"
        }
    }
}

extension AccountsOnFile {
    func user(_ email: String) async throws -> User {
        guard let address = try? EmailAddress(email), let user = try await accounts.user(email: address) else {
            throw AccountError.unknownUser
        }
        return user
    }

    /// In the order of their creation.
    func allUsers() async throws -> [UserSummary] {
        var users: [UserSummary] = []
        var page = try await accounts.users(limit: 1000)
        while true {
            users += page.users
            guard let next = page.next else { return users }
            page = try await accounts.users(after: next, limit: 1000)
        }
    }
}

extension Result where Failure == any Error {
    /// What `body` returns or throws.
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

struct ConfigurationArgument: ParsableArguments {
    @Argument(help: "The configuration file.") var file = "channels.yaml"
}

/// Rows of texts in columns as wide as they need.
struct TextTable: CustomStringConvertible {
    var rows: [[String]]

    var description: String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
                .joined(separator: "  ").trimmingCharacters(in: .whitespaces) + "\n"
        }.joined()
    }
}
