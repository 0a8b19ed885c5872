import ArgumentParser

struct ChannelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "channel",
        abstract: "For authors of channels: begins, builds and checks libraries that this host loads.",
        subcommands: [
            ChannelNewCommand.self, ChannelBuildCommand.self, ChannelVerifyCommand.self, ChannelKitCommand.self,
            ChannelLoadCommand.self,
        ])
}
