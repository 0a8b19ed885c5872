import Crypto
import Foundation

/// The bytes of a library, taken from its file once: what is hashed, judged and loaded is the same, whatever becomes of
/// the file meanwhile or later.
struct LibraryImage {
    typealias Refusal = ChannelLibrary.Refusal

    private static let limit = 256 << 20

    /// The file's own name, for people.
    let name: String
    let bytes: [UInt8]
    /// In hexadecimal.
    let sha256: String
    private let copy: MemoryFile

    /// The path to load it by.
    var loadPath: String { "/proc/self/fd/\(copy.descriptor)" }

    /// - Throws: it can't be loaded without harm.
    func trial() throws(Refusal) { try LibraryTrial.run(copy.descriptor) }

    /// - Throws: the file can't be read, or others than its owner could have written it.
    init(path: String) throws(Refusal) {
        guard !path.utf8.contains(0) else { throw Refusal("has a name that no file can have") }
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            throw Refusal(errno == ENOENT ? "does not exist" : "can't be read: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        try LibraryFileCheck(descriptor: file).check()
        bytes = try Self.content(of: file)
        sha256 = hexadecimal(SHA256.hash(data: bytes))
        name = path.split(separator: "/").last.map(String.init) ?? path
        copy = try MemoryFile(bytes, name: name)
    }

    /// Leaves the copy to the process: it has been loaded.
    func keep() { copy.isKept = true }

    private static func content(of file: Int32) throws(Refusal) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Refusal("can't be read: \(String(cString: strerror(errno)))") }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw Refusal("is larger than \(limit >> 20) MiB") }
        }
    }
}

/// A file in memory that nobody can change: whoever writes over a library that is in use would otherwise change the code
/// of a running host.
private final class MemoryFile {
    let descriptor: Int32
    /// It stays open when this is gone.
    var isKept = false

    init(_ bytes: [UInt8], name: String) throws(ChannelLibrary.Refusal) {
        // Not in the headers as Swift sees them, but in the C library.
        guard let symbol = dlsym(nil, "memfd_create") else {
            throw ChannelLibrary.Refusal("needs memfd_create (Linux 3.17)")
        }
        typealias Create = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
        let (closeOnExec, allowSealing): (UInt32, UInt32) = (1, 2)
        descriptor = unsafeBitCast(symbol, to: Create.self)(name, closeOnExec | allowSealing)
        guard descriptor >= 0 else { throw Self.failure("copied to memory") }
        try fill(bytes)
        let (addSeals, allSeals): (Int32, Int32) = (1033, 0xF)
        guard fcntl(descriptor, addSeals, allSeals) == 0 else { throw Self.failure("sealed in memory") }
    }

    deinit { if !isKept, descriptor >= 0 { close(descriptor) } }

    private func fill(_ bytes: [UInt8]) throws(ChannelLibrary.Refusal) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("copied to memory") }
            written += count
        }
    }

    private static func failure(_ what: String) -> ChannelLibrary.Refusal {
        ChannelLibrary.Refusal("can't be \(what): \(String(cString: strerror(errno)))")
    }
}
