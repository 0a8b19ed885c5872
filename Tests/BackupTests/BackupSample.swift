import Backup
import ChannelSDK
import Foundation
import Pipeline

/// A folder of its own for one test.
final class TestFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("backup-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

extension BackupManifest {
    static func sample(bytes: Int) -> BackupManifest {
        BackupManifest(
            kind: .sqlite, created: Timestamp(milliseconds: 1_800_000_000_000), contentBytes: bytes,
            summary: StoreSummary(
                schema: ["1 store", "2 accounts"], tables: ["notifications": 3, "users": 1],
                newestMilliseconds: 1_799_999_999_000, positions: ["applier": ["0": 7]]))
    }
}

extension [UInt8] {
    static func contents(of path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
}

extension [UInt8] {
    /// In the file itself, so that whoever has it open sees the change.
    func overwrite(_ path: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: Data(self))
        try file.close()
    }
}
