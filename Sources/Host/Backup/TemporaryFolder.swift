import Backup
import Foundation

/// A folder that only this user can read, removed when it is let go of.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws(BackupError) {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("switchboard-\(UUID().uuidString)").path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        } catch {
            throw BackupError("a temporary folder can't be made: \(error.localizedDescription)")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
