import Backup
import ChannelSDK
import Foundation
import Testing

@Suite struct BackupFolderTests {
    private func time(_ second: Int64) -> Timestamp { Timestamp(milliseconds: 1_800_000_000_000 + second * 1000) }

    private func publish(_ folder: BackupFolder, _ second: Int64) throws -> BackupName {
        let file = folder.workshop + "/b"
        try Data([1]).write(to: URL(fileURLWithPath: file))
        return try folder.publish(file, at: time(second))
    }

    @Test func namesTellTheMomentInUTC() {
        #expect(BackupName(at: time(0)).description == "switchboard-20270115T080000Z.backup")
        #expect(BackupName(at: time(0), number: 2).description == "switchboard-20270115T080000Z-2.backup")
    }

    @Test(arguments: [
        "switchboard-20270115T080000Z.backup.old", "switchboard-20270115T080000.backup", "switchboard-2027.backup",
        "switchboard.db", "switchboard-20270115T080000Z-1.backup", "switchboard-20270115T080000Z-02.backup",
        "switchboard-20270115T080000Z-2-3.backup", "Switchboard-20270115T080000Z.backup", "notes.txt",
        "switchboard-2027011５T080000Z.backup", "switchboard-20270115T080000Z-.backup",
    ])
    func otherNamesAreNobodysBackup(name: String) { #expect(BackupName(name) == nil) }

    @Test func keepsTheNewestAndTouchesNothingElse() throws {
        let test = try TestFolder()
        let others = ["notes.txt", "switchboard-20200101T000000Z.backup.old", "switchboard-2020.backup", "a.backup"]
        for name in others { _ = try test.file(name, [1]) }
        let folder = try BackupFolder(path: test.path)
        var names: [String] = []
        for second in 0..<10 {
            names.append(try publish(folder, Int64(second)).description)
            _ = try folder.keep(7)
        }
        #expect(try folder.backups().map(\.description) == names.suffix(7))
        #expect(Set(test.names).isSuperset(of: others))
    }

    @Test func twoInOneSecondAreBothKept() throws {
        let test = try TestFolder()
        let folder = try BackupFolder(path: test.path)
        let names = try (0..<12).map { _ in try publish(folder, 0) }
        #expect(Set(names).count == 12)
        #expect(try folder.backups() == names)
        #expect(try folder.keep(3) == Array(names.prefix(9)))
    }

    @Test func oneAtATime() throws {
        let test = try TestFolder()
        let first = try BackupFolder(path: test.path)
        #expect(throws: BackupError.self) { try BackupFolder(path: test.path) }
        withExtendedLifetime(first) {}
    }

    @Test func whatAKilledBackupLeftIsRemovedAndNothingStaysAfterwards() throws {
        let test = try TestFolder()
        let left = test.path + "/.switchboard-backup.partial"
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
        try Data([1]).write(to: URL(fileURLWithPath: left + "/content"))
        try {
            let folder = try BackupFolder(path: test.path)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.workshop) == [])
        }()
        #expect(test.names == [])
    }
}
