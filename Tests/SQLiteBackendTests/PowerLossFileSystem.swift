import Glibc
import GRDBSQLite
import Synchronization

/// SQLite's view of ``PowerLossDisk``: a VFS that stands before the system's own. Files outside of the folders that are
/// mounted on a disk, and locks and shared memory of those within, are left to the system.
///
/// `@unchecked Sendable` holds because the pointers are written once, before SQLite knows them, and never freed.
final class PowerLossFileSystem: @unchecked Sendable {
    /// SQLite's default from the first use on.
    static let shared = PowerLossFileSystem()

    private let system: UnsafeMutablePointer<sqlite3_vfs>
    private let vfs: UnsafeMutablePointer<sqlite3_vfs>
    fileprivate let methods: UnsafeMutablePointer<sqlite3_io_methods>
    private let disks = Mutex<[String: PowerLossDisk]>([:])

    private init() {
        system = sqlite3_vfs_find(nil)!
        vfs = .allocate(capacity: 1)
        vfs.initialize(to: system.pointee)
        methods = .allocate(capacity: 1)
        methods.initialize(to: PowerLossFile.methods)
        vfs.pointee.szOsFile = max(system.pointee.szOsFile, Int32(MemoryLayout<PowerLossFile>.size))
        vfs.pointee.pNext = nil
        vfs.pointee.zName = UnsafePointer(strdup("power-loss"))
        vfs.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
        vfs.pointee.xOpen = { vfs, name, file, flags, outFlags in
            PowerLossFileSystem.of(vfs!).open(name, file!, flags, outFlags)
        }
        vfs.pointee.xDelete = { vfs, name, syncsFolder in
            let this = PowerLossFileSystem.of(vfs!)
            if let name { this.disk(of: String(cString: name))?.forget(String(cString: name)) }
            return this.system.pointee.xDelete(this.system, name, syncsFolder)
        }
        sqlite3_vfs_register(vfs, 1)
    }

    /// From now on files whose path begins with `folder` are on `disk`.
    func mount(_ disk: PowerLossDisk, on folder: String) { disks.withLock { $0[folder] = disk } }

    func unmount(_ folder: String) { disks.withLock { $0[folder] = nil } }

    private static func of(_ vfs: UnsafeMutablePointer<sqlite3_vfs>) -> PowerLossFileSystem {
        Unmanaged<PowerLossFileSystem>.fromOpaque(vfs.pointee.pAppData).takeUnretainedValue()
    }

    private func disk(of path: String) -> PowerLossDisk? {
        disks.withLock { $0.first { path.hasPrefix($0.key) }?.value }
    }

    private func open(
        _ name: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32,
        _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        guard let name, case let path = String(cString: name), let disk = disk(of: path) else {
            return system.pointee.xOpen(system, name, file, flags, outFlags)
        }
        let inner = UnsafeMutableRawPointer.allocate(byteCount: Int(system.pointee.szOsFile), alignment: 16)
        inner.initializeMemory(as: UInt8.self, repeating: 0, count: Int(system.pointee.szOsFile))
        let real = inner.assumingMemoryBound(to: sqlite3_file.self)
        let code = system.pointee.xOpen(system, name, real, flags, outFlags)
        guard code == SQLITE_OK else {
            inner.deallocate()
            file.pointee.pMethods = nil
            return code
        }
        let target = PowerLossFile.Target(path: path, disk: disk, real: real)
        disk.open(path) { target.contents() }
        UnsafeMutableRawPointer(file).bindMemory(to: PowerLossFile.self, capacity: 1).initialize(
            to: PowerLossFile(
                base: sqlite3_file(pMethods: UnsafePointer(methods)), target: Unmanaged.passRetained(target)))
        return SQLITE_OK
    }
}

/// What SQLite holds of an open file: its own part first, as C expects.
struct PowerLossFile {
    /// `@unchecked Sendable` is not needed: SQLite uses a file from one thread at a time.
    final class Target {
        let path: String
        let disk: PowerLossDisk
        let real: UnsafeMutablePointer<sqlite3_file>

        init(path: String, disk: PowerLossDisk, real: UnsafeMutablePointer<sqlite3_file>) {
            self.path = path
            self.disk = disk
            self.real = real
        }

        func contents() -> [UInt8] {
            var size: sqlite3_int64 = 0
            guard real.pointee.pMethods.pointee.xFileSize(real, &size) == SQLITE_OK, size > 0 else { return [] }
            var bytes = [UInt8](repeating: 0, count: Int(size))
            let code = real.pointee.pMethods.pointee.xRead(real, &bytes, Int32(size), 0)
            precondition(code == SQLITE_OK, "the file can't be read back: \(code)")
            return bytes
        }

        /// Writes to the file beneath, by its own handle or, for another file of the same disk, by path.
        func persist(_ path: String, _ change: PowerLossDisk.Change) {
            let descriptor = Glibc.open(path, O_WRONLY)
            precondition(descriptor >= 0, "\(path) can't be opened")
            defer { close(descriptor) }
            switch change {
            case .truncate(let size): ftruncate(descriptor, size)
            case .write(let offset, let bytes): pwrite(descriptor, bytes, bytes.count, offset)
            }
        }
    }

    var base: sqlite3_file
    var target: Unmanaged<Target>

    fileprivate static func target(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Target {
        UnsafeMutableRawPointer(file!).assumingMemoryBound(to: PowerLossFile.self).pointee.target
            .takeUnretainedValue()
    }

    fileprivate static func real(
        _ file: UnsafeMutablePointer<sqlite3_file>?
    ) -> (UnsafeMutablePointer<sqlite3_file>, sqlite3_io_methods) {
        let real = target(file).real
        return (real, real.pointee.pMethods.pointee)
    }

    /// Version 2: with shared memory, without memory-mapped reads, which would go round the disk.
    static var methods: sqlite3_io_methods {
        var methods = sqlite3_io_methods()
        methods.iVersion = 2
        addContents(&methods)
        addLocks(&methods)
        return methods
    }

    private static func addContents(_ methods: inout sqlite3_io_methods) {
        methods.xClose = { file in
            let (real, inner) = PowerLossFile.real(file)
            let code = inner.xClose(real)
            real.deallocate()
            UnsafeMutableRawPointer(file!).assumingMemoryBound(to: PowerLossFile.self).pointee.target.release()
            return code
        }
        methods.xRead = { file, buffer, count, offset in
            let target = PowerLossFile.target(file)
            let buffer = UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
            guard let read = try? target.disk.read(target.path, at: Int(offset), into: buffer) else {
                return SQLITE_IOERR | (1 << 8)
            }
            guard read < buffer.count else { return SQLITE_OK }
            for index in read..<buffer.count { buffer[index] = 0 }
            return SQLITE_IOERR | (2 << 8)  // SQLITE_IOERR_SHORT_READ
        }
        methods.xWrite = { file, bytes, count, offset in
            let target = PowerLossFile.target(file)
            let bytes = Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            let done: Void? = try? target.disk.write(target.path, at: Int(offset), bytes, persist: target.persist)
            return done == nil ? SQLITE_IOERR | (3 << 8) : SQLITE_OK
        }
        methods.xTruncate = { file, size in
            let target = PowerLossFile.target(file)
            let done: Void? = try? target.disk.truncate(target.path, to: Int(size), persist: target.persist)
            return done == nil ? SQLITE_IOERR | (6 << 8) : SQLITE_OK
        }
        methods.xSync = { file, _ in
            let target = PowerLossFile.target(file)
            let done: Void? = try? target.disk.sync(target.path, persist: target.persist)
            return done == nil ? SQLITE_IOERR | (4 << 8) : SQLITE_OK
        }
        methods.xFileSize = { file, size in
            let target = PowerLossFile.target(file)
            guard let count = try? target.disk.size(of: target.path) else { return SQLITE_IOERR | (7 << 8) }
            size?.pointee = sqlite3_int64(count)
            return SQLITE_OK
        }
    }

    private static func addLocks(_ methods: inout sqlite3_io_methods) {
        methods.xLock = { file, level in
            let (real, inner) = PowerLossFile.real(file)
            return inner.xLock(real, level)
        }
        methods.xUnlock = { file, level in
            let (real, inner) = PowerLossFile.real(file)
            return inner.xUnlock(real, level)
        }
        methods.xCheckReservedLock = { file, isReserved in
            let (real, inner) = PowerLossFile.real(file)
            return inner.xCheckReservedLock(real, isReserved)
        }
        methods.xFileControl = { file, operation, argument in
            let (real, inner) = PowerLossFile.real(file)
            return inner.xFileControl(real, operation, argument)
        }
        methods.xSectorSize = { file in
            let (real, inner) = PowerLossFile.real(file)
            return inner.xSectorSize(real)
        }
        methods.xDeviceCharacteristics = { file in
            let (real, inner) = PowerLossFile.real(file)
            return inner.xDeviceCharacteristics(real)
        }
        methods.xShmMap = { file, page, size, extends, address in
            let (real, inner) = PowerLossFile.real(file)
            return inner.xShmMap(real, page, size, extends, address)
        }
        methods.xShmLock = { file, offset, count, flags in
            let (real, inner) = PowerLossFile.real(file)
            return inner.xShmLock(real, offset, count, flags)
        }
        methods.xShmBarrier = { file in
            let (real, inner) = PowerLossFile.real(file)
            inner.xShmBarrier(real)
        }
        methods.xShmUnmap = { file, deletes in
            let (real, inner) = PowerLossFile.real(file)
            return inner.xShmUnmap(real, deletes)
        }
    }
}
