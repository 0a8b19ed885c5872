// To Swift `stat` is of Dispatch, whose headers come to it first.
import CDispatch
import Foundation

/// Who could have written a library's file: its code gets all rights of the host, so it must be nobody but root and the
/// host's own user.
struct LibraryFileCheck {
    typealias Refusal = ChannelLibrary.Refusal

    /// Of the file, opened.
    let descriptor: Int32

    func check() throws(Refusal) {
        var file = stat()
        guard fstat(descriptor, &file) == 0 else { throw Refusal("can't be looked at") }
        guard file.st_mode & S_IFMT == S_IFREG else { throw Refusal("is not a regular file") }
        try check(file, "", mend: "chmod go-w")
        // Of the file that was opened, whatever links led to it.
        guard var folder else { throw Refusal("can't be looked at: /proc is not mounted") }
        try check(folder: folder, "lies in a folder that ")
        // Who may give one of these another name can put other folders in its place.
        while folder != "/" {
            folder = Self.folder(around: folder)
            try check(folder: folder, "lies under the folder \(folder), which ")
        }
    }

    private func check(folder: String, _ subject: String) throws(Refusal) {
        var status = stat()
        guard stat(folder, &status) == 0 else { throw Refusal("lies in a folder that can't be looked at: \(folder)") }
        // In a sticky folder only the owner of what is in it, and its own, can put another in its place.
        if status.st_mode & S_ISVTX != 0 { status.st_mode &= ~(S_IWGRP | S_IWOTH) }
        try check(status, subject, mend: "chmod go-w \(folder)")
    }

    private func check(_ status: stat, _ subject: String, mend: String) throws(Refusal) {
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            throw Refusal(
                "\(subject)belongs to user \(status.st_uid): it must be root's, or the host's own (user \(geteuid()))")
        }
        let writers = [(S_IWGRP, "its group"), (S_IWOTH, "everybody")].filter { status.st_mode & $0.0 != 0 }
        guard writers.isEmpty else {
            let names = writers.map(\.1).joined(separator: " and ")
            throw Refusal("\(subject)can be written by \(names), and it runs with the host's rights: \(mend)")
        }
    }

    private var folder: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
        guard count > 0 else { return nil }
        let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.contains("/") ? Self.folder(around: path) : nil
    }

    private static func folder(around path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "/"
    }
}
