import ArgumentParser
import Foundation

struct ChannelBuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Makes a channel's library for this host, and loads it to see that it can.",
        discussion: """
            Needs swiftc, of the version that the host was built with, and the host's kit. The library runs in this \
            build of the host and in no other; with another host, make it again.
            """)

    @Argument(help: "The channel's package: its folder, with the code in Sources/NAME, or in the folder itself.")
    var folder: String

    @Option(name: [.customShort("o"), .customLong("output")], help: "The library. Default: libNAME.so in the folder.")
    var output: String?

    @Option(help: "The host's kit. Default: channel-kit beside this program.") var kit: String?

    func run() async throws {
        do throws(LibraryBuildRefusal) {
            let kit = try ChannelKit(path: kit)
            let sources = try LibrarySources(folder: folder)
            let compiler = try LibraryCompiler(kit: kit)
            let target = output ?? "\(folder)/lib\(sources.module).so"
            let built = try compiler.library(from: sources, to: target)
            Terminal.say("\(target): module '\(built.module)'; to be named in channels.yaml:\n")
            Terminal.say("plugins:\n  - path: \(target)\n    sha256: \(built.sha256)")
        } catch {
            Terminal.complain("error: \(error.reason)\n")
            throw ExitCode(1)
        }
    }
}

/// For scripts/kit.
struct ChannelKitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kit", abstract: "Prints which build of the host this is, as its kit has to say.",
        shouldDisplay: false)

    func run() async throws {
        guard let origin = LibraryOrigin.own else {
            Terminal.complain("error: this program was linked without a build id\n")
            throw ExitCode(1)
        }
        Terminal.say(origin.text, terminator: "")
    }
}

/// Why no library was made, for people.
struct LibraryBuildRefusal: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
