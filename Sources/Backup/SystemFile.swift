import Glibc

/// An open file, closed when it is let go of.
final class SystemFile {
    static let chunk = 1 << 20

    let path: String
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    static func reading(_ path: String) throws(BackupError) -> SystemFile {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open", path) }
        return SystemFile(path: path, descriptor: descriptor)
    }

    /// A new file that only its owner can read: there must be none by this name.
    static func creating(_ path: String) throws(BackupError) -> SystemFile {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("make", path) }
        return SystemFile(path: path, descriptor: descriptor)
    }

    func size() throws(BackupError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw BackupError("\(path) is no file") }
        return Int(status.st_size)
    }

    /// Up to `count` bytes from `offset` on; fewer only at the file's end.
    func read(_ count: Int, at offset: Int) throws(BackupError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .system("read", path) }
            if got == 0 { break }
            filled += got
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    func write(_ bytes: some Sequence<UInt8>) throws(BackupError) {
        let bytes = Array(bytes)
        var written = 0
        while written < bytes.count {
            let put = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress! + written, bytes.count - written)
            }
            if put < 0, errno == EINTR { continue }
            guard put > 0 else { throw .system("write", path) }
            written += put
        }
    }

    func sync() throws(BackupError) {
        guard fsync(descriptor) == 0 else { throw .system("sync", path) }
    }

    static func syncFolder(_ path: String) throws(BackupError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("sync", path) }
    }

    static var lastProblem: String { String(cString: strerror(errno)) }
}
