import ArgumentParser
import NIOHTTP1

struct OptOutsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "opt-outs", abstract: "Shows and changes who has opted out: nothing is sent to them.",
        subcommands: [ListCommand.self, AddCommand.self, RemoveCommand.self], defaultSubcommand: ListCommand.self)

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Shows who has opted out, a page at a time.")

        @OptionGroup var option: ServerOption
        @Option(help: "Only this list: the name of a module, e.g. sms.") var list: String?
        @Option(help: "Go on behind a page: its 'next'.") var after: String?
        @Option(help: "How many at a time, at most 1000.") var limit = 100

        func run() async throws {
            let query = [("list", list), ("after", after), ("limit", String(limit))].compactMap { name, value in
                value.map { "\(name)=\(HostClient.escaped($0))" }
            }
            try await HostClient(server: option.server).print(
                .GET, "/opt-outs?" + query.joined(separator: "&"))
        }
    }

    struct AddCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Opts a recipient out: nothing more is sent to them by channels of the module.")

        @OptionGroup var option: ServerOption
        @OptionGroup var whom: WhomArguments

        func run() async throws { try await HostClient(server: option.server).print(.PUT, whom.path) }
    }

    struct RemoveCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Takes an opting out back. Do so only when the recipient asks for it.")

        @OptionGroup var option: ServerOption
        @OptionGroup var whom: WhomArguments

        func run() async throws { try await HostClient(server: option.server).print(.DELETE, whom.path) }
    }

    struct WhomArguments: ParsableArguments {
        @Argument(help: "The list: the name of a module, e.g. sms.") var list: String
        @Argument(help: "The recipient, e.g. +15551230001.") var recipient: String

        var path: String { "/opt-outs/\(HostClient.escaped(list))/\(HostClient.escaped(recipient))" }
    }
}
