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

/// A generator whose numbers are told by its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension [UInt8] {
    /// In the file itself, so that whoever has it open sees the change.
    func overwrite(_ path: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: Data(self))
        try file.close()
    }
}
