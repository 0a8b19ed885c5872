import Backup
import ChannelSDK
import Foundation
import Pipeline
import SQLiteBackend

/// Log and store in one SQLite file.
struct EmbeddedKeeper: StoreKeeper {
    let path: String

    var kind: BackupManifest.Kind { .sqlite }
    var place: String { path }
    var knownSchema: [String] { SQLiteBackend.knownSchema }

    func copy(to target: String, _ progress: ProgressLine) async throws -> BackupManifest {
        guard FileManager.default.fileExists(atPath: path) else {
            throw BackupError("\(path) is not there: there is nothing to back up")
        }
        progress.begin("copying \(path)")
        let start = SQLiteBackend.SystemClock().now()
        let summary = try SQLiteBackend.copy(from: path, to: target) { progress.update($0, of: $1) }
        return BackupManifest(
            kind: .sqlite, created: start, contentBytes: try FileSize.of(target), summary: summary)
    }

    func current() async throws -> StoreSummary? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try SQLiteBackend.summary(path: path)
    }

    func obstacle(to manifest: BackupManifest) async throws -> String? {
        SQLiteBackend.isInUse(path: path)
            ? "a host works on \(path): stop it first" : nil
    }

    func replace(with backup: BackupReader, resends: Bool, _ progress: ProgressLine) async throws -> [String] {
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        let now = SQLiteBackend.SystemClock().now()
        let aside = try freeName(at: now)
        let restoration = Restoration(
            at: max(now, backup.manifest.created), backupAt: backup.manifest.created, resends: resends)
        progress.begin("unpacking")
        let wasThere = try SQLiteBackend.replace(path: path, aside: aside, restoration: restoration) { temporary in
            try backup.extract(to: temporary) { progress.update($0, of: $1) }
        }
        return wasThere ? ["what was there is kept as \(aside): remove it when it is not needed any more"] : []
    }

    /// `switchboard.db.before-20270115T080000Z`.
    private func freeName(at time: Timestamp) throws -> String {
        let moment = BackupName(at: time).moment
        let names = (1...1000).lazy.map { "\(path).before-\(moment)" + ($0 > 1 ? "-\($0)" : "") }
        guard let name = names.first(where: { !FileManager.default.fileExists(atPath: $0) }) else {
            throw BackupError("there is no free name to keep \(path) under")
        }
        return name
    }
}

enum FileSize {
    static func of(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.size] as? NSNumber)?.intValue ?? 0
    }
}
