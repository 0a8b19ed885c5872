import Foundation
import Logging
import PortConformance
import Synchronization

@testable import SQLiteBackend

/// A folder of its own for one test, with a backend in it that can be opened again and again.
final class TemporaryDatabase: Sendable {
    let path: String
    var folderPath: String { folder.path }
    private let folder: URL
    private let current = Mutex<SQLiteBackend?>(nil)

    init() throws {
        folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("switchboard-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent("switchboard.db").path
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    @discardableResult
    func open(_ change: (inout SQLiteBackend.Configuration) -> Void = { _ in }) throws -> SQLiteBackend {
        var configuration = SQLiteBackend.Configuration(path: path)
        change(&configuration)
        let backend = try SQLiteBackend(
            configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        current.withLock { $0 = backend }
        return backend
    }

    func close() async { await current.withLock { $0.take() }?.close() }

    /// Ends the backend without a last word: what it has not written yet is lost.
    func abandon() async { await current.withLock { $0.take() }?.abandon() }

    func underTest<Port: Sendable>(
        partitions: Int = 1, _ port: @escaping @Sendable (SQLiteBackend) -> Port
    ) -> BackendUnderTest<Port> {
        BackendUnderTest(
            open: { port(try self.open { $0.partitions = partitions }) },
            end: { ending in
                switch ending {
                case .clean: await self.close()
                case .abrupt: await self.abandon()
                }
            })
    }
}
