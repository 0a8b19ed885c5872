internal import Glibc

/// Why a file could not be read; continues "the file 'x' …".
struct FileFailure: Error {
    let message: String
}

/// Reads files that may be anything: never more than a limit, and never from what is no regular file (a pipe would
/// block, a device would not end).
enum BoundedFile {
    /// - Returns: the first `limit` bytes, or all if there are fewer.
    static func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw FileFailure(message: "has a name that no file can have") }
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure(message: "cannot be read: \(reason(errno))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw FileFailure(message: "is not a regular file")
        }
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let chunk = try chunk(of: descriptor, upTo: min(limit - bytes.count, 64 << 10))
            if chunk.isEmpty { break }
            bytes += chunk
        }
        return bytes
    }

    private static func chunk(of descriptor: Int32, upTo count: Int) throws(FileFailure) -> [UInt8] {
        var failure: Int32 = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var result = Glibc.read(descriptor, buffer.baseAddress, count)
            while result < 0, errno == EINTR { result = Glibc.read(descriptor, buffer.baseAddress, count) }
            if result < 0 { failure = errno }
            filled = max(0, result)
        }
        guard failure == 0 else { throw FileFailure(message: "cannot be read: \(reason(failure))") }
        return chunk
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
