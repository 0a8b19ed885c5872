import ArgumentParser

/// The process in which a library is loaded for the first time.
struct ChannelLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LibraryTrial.command[1], abstract: "Loads a library, and ends.", shouldDisplay: false)

    func run() { LibraryTrial.load() }
}
