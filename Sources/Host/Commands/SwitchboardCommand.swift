import ArgumentParser

@main
struct SwitchboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switchboard", abstract: "One host, every channel: a notification platform.",
        subcommands: [
            ServeCommand.self, ReloadCommand.self, MigrateCommand.self, CheckCommand.self, ChannelsCommand.self,
            SendCommand.self,
            StatusCommand.self, ListCommand.self, CancelCommand.self, ResolveCommand.self, OptOutsCommand.self,
            TailCommand.self, BounceCommand.self, UsersCommand.self, KeysCommand.self, SeedCommand.self,
            BackupCommand.self, RestoreCommand.self, ChannelCommand.self,
        ])
}
