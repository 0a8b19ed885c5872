import Backup
import ChannelSDK
import Pipeline

/// What backing up and restoring need of a store, whichever it is.
protocol StoreKeeper: Sendable {
    var kind: BackupManifest.Kind { get }
    /// For people: where the store is.
    var place: String { get }
    /// The migrations that this program knows.
    var knownSchema: [String] { get }

    /// Copies the store, as it is at one moment, into a new file at `path`.
    func copy(to path: String, _ progress: ProgressLine) async throws -> BackupManifest

    /// What is there now; nil: nothing.
    func current() async throws -> StoreSummary?

    /// Why the store can't be replaced now; nil: nothing stands in the way.
    func obstacle(to manifest: BackupManifest) async throws -> String?

    /// Puts the backup in the place of the store: all of it, or nothing.
    /// - Returns: what the operator should know of it, a line each.
    func replace(with backup: BackupReader, resends: Bool, _ progress: ProgressLine) async throws -> [String]
}

extension StoreKeeper {
    /// Why a backup is not this store's; nil: it is.
    func mismatch(_ manifest: BackupManifest) -> String? {
        guard manifest.kind == kind else {
            return "it is a backup of \(manifest.kind.title), but the configuration's store is \(kind.title)"
        }
        let unknown = manifest.summary.schema.filter { !knownSchema.contains($0) }
        guard unknown.isEmpty else {
            return "its tables are those of a newer Switchboard (\(unknown.joined(separator: ", "))): use that"
        }
        return nil
    }
}

extension BackupManifest.Kind {
    var title: String {
        switch self {
        case .sqlite: "an embedded file (SQLite)"
        case .postgres: "PostgreSQL"
        }
    }
}
