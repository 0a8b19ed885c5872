import Accounts
import ArgumentParser
import ChannelSDK
import ConfigurationFile
import SQLiteBackend

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Makes, lists and revokes API keys, whether the host runs or not.",
        subcommands: [CreateCommand.self, ListCommand.self, RevokeCommand.self], defaultSubcommand: ListCommand.self)

    struct CreateCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Makes a key for a machine. The key alone goes to standard output, this once.")

        @OptionGroup var configuration: ConfigurationArgument
        @Option(help: "The user that the key acts for; it can do nothing that the user can't.") var email: String
        @Option(help: "What it is for.") var name: String
        @Option(help: "What it may do; may come several times.", transform: Self.scope) var scope: [Scope]
        @Option(help: "How long it is good, e.g. 90d. Default: until it is revoked.") var expires: Lifetime?

        private static func scope(_ text: String) throws -> Scope {
            guard let scope = Scope(rawValue: text) else {
                let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("'\(text)' is no scope; there are: \(known)")
            }
            return scope
        }

        func run() async throws {
            try await AccountsOnFile.open(configuration.file) { desk in
                let made = try await desk.accounts.createKey(
                    for: try await desk.user(email).id, name: name, scopes: Set(scope), lifetime: expires?.duration)
                print(made.text.revealed)
                Terminal.complain(
                    "\(made.key.prefix) is made, and shown only now: \(made.key.scopes.stored), "
                        + "\(made.key.expiresAt.map { "until \($0)" } ?? "until it is revoked")\n")
            }
        }
    }

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Shows keys by their prefixes; the keys themselves are not kept.")

        @OptionGroup var configuration: ConfigurationArgument
        @Option(help: "Only this user's.") var email: String?

        func run() async throws {
            try await AccountsOnFile.open(configuration.file) { desk in
                let users = try await desk.allUsers().filter {
                    email == nil || $0.email.lowercased() == email?.lowercased()
                }
                if email != nil, users.isEmpty { throw AccountError.unknownUser }
                var rows = [["PREFIX", "USER", "STATE", "EXPIRES", "SCOPES", "NAME"]]
                for user in users {
                    guard let id = UserID(user.id) else { continue }
                    rows += try await desk.accounts.keys(of: id).map { key in
                        [
                            key.prefix, user.email, key.state, key.expiresAt?.description ?? "never", key.scopes.stored,
                            key.name,
                        ]
                    }
                }
                print(TextTable(rows: rows), terminator: "")
            }
        }
    }

    struct RevokeCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Ends a key for good; hosts refuse it within seconds.")

        @OptionGroup var configuration: ConfigurationArgument
        @Option(help: "The key's prefix, as 'list' shows it: sb_ and ten characters.") var prefix: String

        func run() async throws {
            try await AccountsOnFile.open(configuration.file) { desk in
                let key = try await desk.accounts.revokeKey(prefix: prefix)
                print("\(key.prefix) is revoked since \(key.revokedAt?.description ?? "now")")
            }
        }
    }
}

/// `90d`, `12h`: as durations are written in the configuration.
struct Lifetime: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        guard let duration = DurationText.parse(argument), duration > .zero else { return nil }
        self.duration = duration
    }
}

extension APIKey {
    fileprivate var state: String {
        if revokedAt != nil { return "revoked" }
        guard let expiresAt, expiresAt <= SQLiteBackend.SystemClock().now() else { return "good" }
        return "expired"
    }
}
