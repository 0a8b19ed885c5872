import ChannelSDK
import Crypto

/// A backup's file of which every byte has been checked.
public struct BackupReader {
    public let manifest: BackupManifest
    /// Of the file.
    public let bytes: Int
    private let file: SystemFile
    private let content: Range<Int>

    /// Reads the whole file once, and changes nothing.
    /// - Throws: for a file that is no backup, of a newer format, cut off, or altered in any byte.
    public init(path: String, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws(BackupError) {
        file = try SystemFile.reading(path)
        bytes = try file.size()
        let head = try file.read(min(bytes, BackupFormat.firstLine.count + BackupFormat.manifestLimit), at: 0)
        try Self.checkFirstLine(head, path)
        let end = bytes - BackupFormat.trailerBytes
        guard end > BackupFormat.firstLine.count else { throw Self.damaged(path) }
        try Self.checkDigest(file, upTo: end, progress)
        let rest = head.dropFirst(BackupFormat.firstLine.count)
        guard let lineEnd = rest.firstIndex(of: UInt8(ascii: "\n")), lineEnd < end else { throw Self.damaged(path) }
        guard let manifest = UntrustedJSON.decode(BackupManifest.self, from: rest[..<lineEnd]) else {
            throw BackupError("\(path): its second line, the manifest, can't be read")
        }
        self.manifest = manifest
        content = lineEnd + 1..<end
    }

    /// Writes the content to a new file at `path`, and syncs it.
    public func extract(to path: String, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in })
        throws(BackupError)
    {
        let target = try SystemFile.creating(path)
        let gzip = try Gzip(.decompress)
        var hash = SHA256()
        hash.update(data: try file.read(content.lowerBound, at: 0))
        var offset = content.lowerBound
        var written = 0
        while offset < content.upperBound {
            let chunk = try file.read(min(SystemFile.chunk, content.upperBound - offset), at: offset)
            guard !chunk.isEmpty else { throw Self.damaged(file.path) }
            hash.update(data: chunk)
            offset += chunk.count
            try gzip.process(chunk, isLast: offset == content.upperBound) { (part) throws(BackupError) in
                written += part.count
                try target.write(part)
            }
            progress(written, manifest.contentBytes)
        }
        // Once more: the file may have been changed since it was checked.
        let trailer = try file.read(BackupFormat.trailerBytes, at: content.upperBound)
        guard trailer == BackupFormat.trailer(hash.finalize()), gzip.isAtEnd, written == manifest.contentBytes else {
            throw Self.damaged(file.path)
        }
        try target.sync()
    }

    private static func checkFirstLine(_ head: [UInt8], _ path: String) throws(BackupError) {
        guard !head.starts(with: BackupFormat.firstLine) else { return }
        let line = String(decoding: head.prefix { $0 != UInt8(ascii: "\n") }.prefix(64), as: UTF8.self)
        if line.hasPrefix(BackupFormat.name), let version = Int(line.dropFirst(BackupFormat.name.count)),
            version > BackupFormat.version
        {
            throw BackupError("\(path) is a backup in format \(version), of a newer Switchboard: use that")
        }
        throw BackupError("\(path) is no backup of Switchboard's, or its first line is damaged")
    }

    private static func checkDigest(
        _ file: SystemFile, upTo end: Int, _ progress: (Int, Int) -> Void
    ) throws(BackupError) {
        var hash = SHA256()
        var offset = 0
        while offset < end {
            let chunk = try file.read(min(SystemFile.chunk, end - offset), at: offset)
            guard !chunk.isEmpty else { throw damaged(file.path) }
            hash.update(data: chunk)
            offset += chunk.count
            progress(offset, end)
        }
        guard try file.read(BackupFormat.trailerBytes + 1, at: end) == BackupFormat.trailer(hash.finalize()) else {
            throw damaged(file.path)
        }
    }

    private static func damaged(_ path: String) -> BackupError {
        BackupError("\(path) is cut off or altered: its checksum does not agree; use another backup")
    }
}
