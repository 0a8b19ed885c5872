import ArgumentParser
import ConfigurationFile
import CurlTransport
import Foundation
import Logging
import SQLiteBackend

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks configuration files by the loader of 'serve'; says all that is wrong.",
        discussion: "Loads the libraries that a file names under 'plugins', so that their code runs.")

    @Argument(help: "The files to check.") var files: [String]

    func run() async throws {
        let transport = try CurlTransport()
        var logger = Logger(label: "switchboard")
        logger.logLevel = .critical
        var failed = false
        for file in files {
            let loaded = CheckedConfiguration.load(path: file, environment: ProcessInfo.processInfo.environment)
            let configuration = loaded.configuration ?? HostConfiguration()
            let clock = SQLiteBackend.SystemClock()
            let services = ChannelServices(configuration, transport, .inProcess(clock: clock), clock, logger)
            let checked = CheckedConfiguration(loaded, services: services)
            print(checked.diagnostics.map { "\($0)\n" }.joined(), terminator: "")
            let errors = checked.diagnostics.count { $0.severity == .error }
            failed = failed || checked.hasErrors
            print(checked.hasErrors ? "\(file): \(errors) error\(errors == 1 ? "" : "s")" : "\(file): ok")
            if !checked.hasErrors {
                for callback in configuration.callbacks { print("  callback \(callback.name): \(callback.summary)") }
            }
        }
        await transport.shutdown()
        if failed { throw ExitCode(1) }
    }
}
