import ArgumentParser
import Foundation
import GRDB

/// The ceiling for durability: rows of the same size, a thousand to a transaction, each transaction synced.
struct BareSQLite: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bare-sqlite")

    @Option var rows = 400_000

    func run() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("bare-\(UUID().uuidString).db").path
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous=FULL") }
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.write { try $0.execute(sql: "CREATE TABLE log (position INTEGER PRIMARY KEY, value BLOB NOT NULL)") }
        let value = Data(repeating: 7, count: 170)
        let time = try ContinuousClock().measure {
            for _ in 0..<rows / 1000 {
                try pool.write { database in
                    let insert = try database.cachedStatement(sql: "INSERT INTO log (value) VALUES (?)")
                    for _ in 0..<1000 { try insert.execute(arguments: [value]) }
                }
            }
        }
        print(Int(Double(rows) / (time / .seconds(1))))
    }
}
