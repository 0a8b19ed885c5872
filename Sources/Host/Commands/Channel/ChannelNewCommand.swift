import ArgumentParser
import ChannelSDK
import Foundation

struct ChannelNewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract:
            "Writes the package of a new channel: code, tables, tests and a configuration, which work as they are.")

    @Argument(help: "The channel's name: lower case letters, digits and '-', e.g. push or my-push.") var name: String

    @Option(help: "The folder to make. Default: the name, in the current folder.") var path: String?

    @Option(help: "The host's kit. Default: channel-kit beside this program.") var kit: String?

    func run() async throws {
        do throws(ChannelName.Refusal) {
            let name = try ChannelName(name, taken: ChannelModules.builtIn.map(\.descriptor.name))
            let folder = path ?? name.name
            let package = ChannelPackage(name: name, kit: kit.map(Self.absolute) ?? ChannelKit.usualPlace)
            try package.write(to: folder)
            for file in package.files { Terminal.say("\(folder)/\(file.path)") }
            Terminal.say("\nNext: cd \(folder), swift test, switchboard channel build .; README.md has the rest.")
        } catch {
            Terminal.complain("error: \(error.reason)\n")
            throw ExitCode(1)
        }
    }

    private static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}
