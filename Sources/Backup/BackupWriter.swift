import Crypto

/// Writes a backup's file: all of it, synced, or an error.
public enum BackupWriter {
    /// - Parameters:
    ///   - content: the file whose bytes are backed up; as long as the manifest says.
    ///   - path: of the new file.
    ///   - progress: how many of the content's bytes are done.
    /// - Returns: how long the new file is.
    @discardableResult
    public static func write(
        _ manifest: BackupManifest, content: String, to path: String, level: Int = 3, progress: (Int) -> Void = { _ in }
    ) throws(BackupError) -> Int {
        let source = try SystemFile.reading(content)
        let file = try SystemFile.creating(path)
        var hash = SHA256()
        var size = 0
        func put(_ bytes: [UInt8]) throws(BackupError) {
            hash.update(data: bytes)
            size += bytes.count
            try file.write(bytes)
        }
        try put(BackupFormat.firstLine)
        try put(manifest.encoded() + [UInt8(ascii: "\n")])
        let gzip = try Gzip(.compress(level: Int32(min(max(level, 1), 9))))
        var done = 0
        while true {
            let bytes = try source.read(SystemFile.chunk, at: done)
            done += bytes.count
            let isLast = bytes.count < SystemFile.chunk
            try gzip.process(bytes, isLast: isLast, put)
            progress(done)
            if isLast { break }
        }
        guard done == manifest.contentBytes else { throw BackupError("\(content) has changed while it was read") }
        let trailer = BackupFormat.trailer(hash.finalize())
        try file.write(trailer)
        try file.sync()
        return size + trailer.count
    }
}
