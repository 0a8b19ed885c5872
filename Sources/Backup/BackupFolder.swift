public import ChannelSDK
import FoundationEssentials
import Glibc

/// The folder that backups are in. While this lives, no other process makes a backup there.
public final class BackupFolder {
    public let path: String
    /// What is under way stands here; nobody takes it for a backup, and the next one made here removes what is left.
    public let workshop: String
    private let lock: Int32

    /// Makes the folder if there is none, and removes what backups that were killed have left behind.
    public init(path: String) throws(BackupError) {
        self.path = path
        workshop = path + "/.switchboard-backup.partial"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw BackupError("the folder \(path) can't be made: \(SystemFile.lastProblem)")
        }
        // Locked is the folder itself: nothing more has to stand in it.
        lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw .system("open", path) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw BackupError("another backup is being made in \(path)")
        }
        clear()
        guard mkdir(workshop, 0o700) == 0 else { throw .system("make", workshop) }
    }

    deinit {
        clear()
        close(lock)
    }

    /// Removes what is under way. May be called at any time, by any thread.
    public func clear() { Self.clear(workshop: workshop) }

    public static func clear(workshop: String) { try? FileManager.default.removeItem(atPath: workshop) }

    /// Gives the finished file in the workshop its name, for good.
    public func publish(_ file: String, at time: Timestamp) throws(BackupError) -> BackupName {
        var name = BackupName(at: time)
        // A link, unlike a rename, never replaces what is there.
        while link(file, path + "/" + name.description) != 0 {
            guard errno == EEXIST else { throw .system("make", path + "/" + name.description) }
            name = BackupName(at: time, number: name.number + 1)
        }
        unlink(file)
        try SystemFile.syncFolder(path)
        return name
    }

    /// The backups here, oldest first.
    public func backups() throws(BackupError) -> [BackupName] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).compactMap { BackupName($0) }.sorted()
        } catch {
            throw BackupError("the folder \(path) can't be read: \(SystemFile.lastProblem)")
        }
    }

    /// Removes the oldest backups, so that `count` are left. No other file is touched.
    /// - Returns: what was removed.
    public func keep(_ count: Int) throws(BackupError) -> [BackupName] {
        let old = try backups().dropLast(max(count, 1))
        for name in old where unlink(path + "/" + name.description) != 0 {
            throw .system("remove the old backup", path + "/" + name.description)
        }
        return Array(old)
    }
}
