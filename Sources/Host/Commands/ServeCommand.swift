import ArgumentParser
import ChannelSDK
import ConfigurationFile
import CurlTransport
import Foundation
import InProcess
import Logging
import SQLiteBackend

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs the host from a configuration file.")

    @Argument(help: "The configuration file.") var file = "channels.yaml"

    func run() async throws {
        let loaded = CheckedConfiguration.load(path: file, environment: ProcessInfo.processInfo.environment)
        guard let configuration = loaded.configuration else {
            Terminal.complain(loaded.report)
            throw ExitCode(1)
        }
        let logger = Logger(configuration.log)
        let transport = try CurlTransport()
        let services = ChannelServices.embedded(configuration, transport, logger)
        let checked = CheckedConfiguration(loaded, services: services)
        Terminal.complain(checked.diagnostics.map { "\($0)\n" }.joined())
        guard !checked.hasErrors else {
            await transport.shutdown()
            throw ExitCode(1)
        }
        try prepareFolder(of: configuration.storage.path)
        do {
            try await HostServer(
                configuration: configuration, checked: checked, services: services, transport: transport,
                logger: logger
            ).run()
        } catch let error as SQLiteBackendError {
            Terminal.complain("error: \(error)\n")
            throw ExitCode(1)
        }
    }

    private func prepareFolder(of path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw ValidationError(
                "the folder of storage.path, \(folder.path), can't be made: \(error.localizedDescription)")
        }
    }
}

extension ChannelServices {
    /// What channels get on the embedded default.
    static func embedded(_ configuration: HostConfiguration, _ transport: any Transport, _ logger: Logger) -> Self {
        let clock = SQLiteBackend.SystemClock()
        return ChannelServices(
            publicURL: configuration.server.publicURL, transport: transport, cache: InProcessCache(clock: clock),
            rateLimiter: InProcessRateLimiter(clock: clock), clock: clock, logger: logger)
    }
}

enum Terminal {
    static func complain(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
