import Accounts
import ArgumentParser
import ChannelSDK

struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "Makes, lists and changes users, whether the host runs or not.",
        subcommands: [CreateCommand.self, ListCommand.self, ChangeCommand.self], defaultSubcommand: ListCommand.self)

    enum RoleFlag: String, EnumerableFlag {
        case admin, sender, viewer

        static func help(for value: RoleFlag) -> ArgumentHelp? {
            switch value {
            case .admin: "May do everything, in every account."
            case .sender: "Sends and reads in the own account."
            case .viewer: "Reads in the own account."
            }
        }

        var role: Role {
            switch self {
            case .admin: .admin
            case .sender: .sender
            case .viewer: .viewer
            }
        }
    }

    struct CreateCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Makes a user; asks for the password, or takes SWITCHBOARD_PASSWORD.")

        @OptionGroup var configuration: ConfigurationArgument
        @Flag(exclusivity: .exclusive) var role: RoleFlag
        @Option(help: "The address to log in by.") var email: String
        @Option(help: "The user's name. Default: the address up to its @.") var name: String?
        @Option(help: "The account, for users who share one. Default: one of the user's own.") var account: String?
        @OptionGroup var password: PasswordSource

        func run() async throws {
            try await AccountsOnFile.open(configuration.file) { desk in
                let wish = NewUser(
                    email: email, name: name ?? String(email.prefix { $0 != "@" }), password: try password.password())
                let user = try await desk.accounts.create(wish, role: role.role, account: account)
                print("\(user.role.rawValue) \(user.email) is made: \(user.id), account \(user.account)")
            }
        }
    }

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Shows all users.")

        @OptionGroup var configuration: ConfigurationArgument

        func run() async throws {
            try await AccountsOnFile.open(configuration.file) { desk in
                let rows = try await desk.allUsers().map { user in
                    [
                        user.id, user.email, user.role, user.isActive ? "active" : "inactive", user.account,
                        user.createdAt.description, user.name,
                    ]
                }
                print(
                    TextTable(rows: [["ID", "EMAIL", "ROLE", "STATE", "ACCOUNT", "CREATED", "NAME"]] + rows),
                    terminator: "")
            }
        }
    }

    struct ChangeCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "change", abstract: "Changes a user's role, password or activity; hosts see it within seconds."
        )

        enum Activity: String, EnumerableFlag {
            case activate, deactivate

            static func help(for value: Activity) -> ArgumentHelp? {
                switch value {
                case .activate: "Password, tokens and keys of the user are good again."
                case .deactivate: "Neither password nor tokens nor keys of the user are accepted."
                }
            }
        }

        @OptionGroup var configuration: ConfigurationArgument
        @Option(help: "Whose.") var email: String
        @Flag(exclusivity: .exclusive) var role: RoleFlag?
        @Flag(exclusivity: .exclusive) var activity: Activity?
        @Flag(name: .customLong("password"), help: "Ask for a new password; earlier tokens are refused from then on.")
        var changesPassword = false
        @OptionGroup var password: PasswordSource

        func validate() throws {
            if role == nil, activity == nil, !changesPassword {
                throw ValidationError("Say what to change: a role, --activate, --deactivate or --password.")
            }
        }

        func run() async throws {
            try await AccountsOnFile.open(configuration.file) { desk in
                var user = try await desk.user(email)
                if changesPassword { user = try await desk.accounts.setPassword(try password.password(), of: user.id) }
                if let role { user = try await desk.accounts.setRole(role.role, of: user.id) }
                if let activity { user = try await desk.accounts.setActive(activity == .activate, user.id) }
                print(
                    "\(user.email) is \(user.isActive ? "an active" : "an inactive") \(user.role.rawValue)"
                        + (changesPassword ? " with a new password" : ""))
            }
        }
    }
}
