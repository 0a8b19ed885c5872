import ArgumentParser
import ConfigurationFile
import Foundation
import Logging
import PostgresStore

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the tables in PostgreSQL up to date, as 'serve' does at its start, and says what was done.")

    @Argument(help: "The configuration file.") var file = "channels.yaml"

    func run() async throws {
        let loaded = CheckedConfiguration.load(path: file, environment: ProcessInfo.processInfo.environment)
        guard let configuration = loaded.configuration else {
            Terminal.complain(loaded.report)
            throw ExitCode(1)
        }
        guard let postgres = configuration.postgres else {
            print(
                "nothing to migrate: \(file) names no PostgreSQL, and the embedded file is brought up to date by 'serve'"
            )
            return
        }
        do {
            let applied = try await PostgresStore.migrate(.init(postgres, replica: ""))
            for migration in applied { print("applied \(migration.version) \(migration.name)") }
            if applied.isEmpty { print("up to date") }
        } catch {
            Terminal.complain("error: \(error)\n")
            throw ExitCode(1)
        }
    }
}
