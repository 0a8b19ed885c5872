internal import Glibc

/// The names in a folder, for folders that may hold anything.
enum FolderListing {
    private static let limit = 10_000

    /// - Returns: in order; without those that begin with a dot.
    static func names(in path: String) throws(FileFailure) -> [String] {
        guard !path.utf8.contains(0) else { throw FileFailure(message: "has a name that no folder can have") }
        guard let folder = opendir(path) else {
            throw FileFailure(message: "cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
            guard names.count <= limit else { throw FileFailure(message: "holds more than \(limit) files") }
        }
        return names.sorted()
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
