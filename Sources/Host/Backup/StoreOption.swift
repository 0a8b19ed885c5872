import ArgumentParser
import Backup
import ConfigurationFile
import Foundation
import KafkaLog
import Logging
import PostgresStore

/// Which store: the one that a configuration file names.
struct StoreOption: ParsableArguments {
    @Option(help: "The configuration file.") var config = "channels.yaml"

    /// - Throws: `ExitCode` once the problems have been printed.
    func keeper() throws -> any StoreKeeper {
        let loaded = CheckedConfiguration.load(path: config, environment: ProcessInfo.processInfo.environment)
        guard let configuration = loaded.configuration else {
            Terminal.complain(loaded.report)
            throw ExitCode(1)
        }
        guard let kafka = configuration.kafka, let postgres = configuration.postgres else {
            return EmbeddedKeeper(path: configuration.storage.path)
        }
        var logger = Logger(label: "switchboard")
        logger.logLevel = .error
        return SharedKeeper(
            database: PostgresStore.Configuration(postgres, replica: ""), kafka: KafkaLog.Configuration(kafka),
            logger: logger)
    }
}

/// Runs a command's work; what goes wrong is said in one line.
func complaining(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let code as ExitCode {
        throw code
    } catch {
        Terminal.complain("error: \(error)\n")
        throw ExitCode(1)
    }
}
