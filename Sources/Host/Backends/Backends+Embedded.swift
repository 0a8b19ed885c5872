import Foundation
import Logging
import Pipeline
import SQLiteBackend

extension Backends {
    /// Log and store in one SQLite file.
    static func embedded(path: String, logger: Logger) async throws -> Backends {
        try makeFolder(of: path)
        let backend: SQLiteBackend
        do {
            backend = try SQLiteBackend(.init(path: path), logger: logger)
        } catch {
            throw BackendsRefusal(description: "\(error)")
        }
        try await backend.forgetOwners()
        return Backends(
            log: backend.log, store: backend.store, accounts: backend.accounts, areShared: false,
            maintain: { try await backend.maintain() }, close: { await backend.close() },
            samples: {
                let counts = backend.commitCounts
                return [
                    MetricSample(.commits, value: counts.commits), MetricSample(.commitWrites, value: counts.writes),
                ]
            })
    }

    static func makeFolder(of path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw BackendsRefusal(
                description:
                    "the folder of storage.path, \(folder.path), can't be made: \(error.localizedDescription)")
        }
    }
}
