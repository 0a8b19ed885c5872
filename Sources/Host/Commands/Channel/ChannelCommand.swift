import ArgumentParser

struct ChannelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "channel", abstract: "For authors of channels: makes libraries that this host loads.",
        subcommands: [ChannelBuildCommand.self, ChannelKitCommand.self])
}
