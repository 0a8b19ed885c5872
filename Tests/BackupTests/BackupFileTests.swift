import ChannelConformance
import Backup
import ChannelSDK
import Testing

/// What is written is read; what is not exactly what was written is refused.
@Suite(.timeLimit(.minutes(10)))
struct BackupFileTests {
    private func write(_ content: [UInt8], in folder: TestFolder) throws -> String {
        let path = folder.path + "/b.backup"
        try BackupWriter.write(
            .sample(bytes: content.count), content: try folder.file("content", content), to: path)
        return path
    }

    private func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// Around the sizes of the chunks that are read and compressed at a time, of what compresses well and what does not.
    @Test(arguments: [0, 1, 1000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 19])
    func isReadAsItWasWritten(count: Int) throws {
        for content in [noise(count), [UInt8](repeating: 7, count: count)] {
            let folder = try TestFolder()
            let path = try write(content, in: folder)
            let backup = try BackupReader(path: path)
            #expect(backup.manifest == .sample(bytes: count))
            try backup.extract(to: folder.path + "/out")
            #expect(try [UInt8].contents(of: folder.path + "/out") == content)
        }
    }

    @Test func isReadableWithHeadAndTail() throws {
        let folder = try TestFolder()
        let bytes = try [UInt8].contents(of: write(noise(100), in: folder))
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        #expect(String(decoding: lines[0], as: UTF8.self) == "switchboard-backup 1")
        #expect(String(decoding: lines[1], as: UTF8.self).hasPrefix(#"{"contentBytes":100,"#))
        // gzip's magic number.
        #expect(Array(lines[2].prefix(3)) == [0x1F, 0x8B, 8])
        #expect(String(decoding: lines[lines.count - 2], as: UTF8.self).hasPrefix("sha256:"))
    }

    @Test func eachAlteredByteIsRefused() throws {
        let folder = try TestFolder()
        let bytes = try [UInt8].contents(of: write(noise(3000), in: folder))
        var generator = SeededGenerator(seed: 5)
        // All of the head and of the checksum, and many in between.
        let places = Set(0..<400).union(bytes.count - 100..<bytes.count)
            .union((0..<300).map { _ in Int.random(in: 0..<bytes.count, using: &generator) })
        for place in places {
            var altered = bytes
            altered[place] ^= UInt8.random(in: 1...255, using: &generator)
            let path = try folder.file("altered", altered)
            #expect(throws: BackupError.self, "byte \(place) of \(bytes.count)") { try BackupReader(path: path) }
        }
    }

    @Test func whatIsCutOffIsRefused() throws {
        let folder = try TestFolder()
        let bytes = try [UInt8].contents(of: write(noise(3000), in: folder))
        for count in stride(from: 0, to: bytes.count, by: 7) {
            let path = try folder.file("cut", Array(bytes.prefix(count)))
            #expect(throws: BackupError.self, "\(count) of \(bytes.count) bytes") { try BackupReader(path: path) }
        }
        let longer = try folder.file("longer", bytes + [UInt8(ascii: "\n")])
        #expect(throws: BackupError.self) { try BackupReader(path: longer) }
    }

    @Test(arguments: [
        ("", "is no backup of Switchboard's"), ("SQLite format 3\0", "is no backup of Switchboard's"),
        ("switchboard-backup 2\n{}", "in format 2, of a newer Switchboard"),
        ("switchboard-backup 1\n", "is cut off or altered"),
    ])
    func saysWhatIsWrong(content: String, message: String) throws {
        let folder = try TestFolder()
        let path = try folder.file("b", Array(content.utf8))
        let error = #expect(throws: BackupError.self) { try BackupReader(path: path) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    /// A file that is changed between the check and the extraction is not taken for what was checked.
    @Test func isCheckedAgainWhenItIsExtracted() throws {
        let folder = try TestFolder()
        let path = try write(noise(3000), in: folder)
        let backup = try BackupReader(path: path)
        var bytes = try [UInt8].contents(of: path)
        bytes[bytes.count - 500] ^= 1
        try bytes.overwrite(path)
        #expect(throws: BackupError.self) { try backup.extract(to: folder.path + "/out") }
    }

    @Test func aContentOfAnotherLengthIsNotWritten() throws {
        let folder = try TestFolder()
        let content = try folder.file("content", noise(10))
        #expect(throws: BackupError.self) {
            try BackupWriter.write(.sample(bytes: 11), content: content, to: folder.path + "/b")
        }
    }
}
