import Foundation
import Pipeline
import PortConformance
import Synchronization

@testable import PostgresStore

struct MissingDatabase: Error, CustomStringConvertible {
    var description: String {
        "DATABASE_URL is not set: run the tests by scripts/with-postgres swift test --filter PostgresStoreTests"
    }
}

/// A schema of its own for one test, with a store on it that can be opened again and again.
final class TestSchema: Sendable {
    let configuration: PostgresStore.Configuration
    private let current = Mutex<PostgresStore?>(nil)

    private init(migrated: Bool) async throws {
        guard let url = ProcessInfo.processInfo.environment["DATABASE_URL"] else { throw MissingDatabase() }
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
        configuration = PostgresStore.Configuration(connectionString: url, schema: name, poolSize: 4)
        if migrated { _ = try await PostgresStore.migrate(configuration) }
    }

    /// Runs `body` with a new schema, and removes that afterwards.
    static func with(migrated: Bool = true, _ body: (TestSchema) async throws -> Void) async throws {
        let schema = try await TestSchema(migrated: migrated)
        do {
            try await body(schema)
        } catch {
            try? await schema.drop()
            throw error
        }
        try await schema.drop()
    }

    func open(_ change: (inout PostgresStore.Configuration) -> Void = { _ in }) throws -> PostgresStore {
        var configuration = configuration
        change(&configuration)
        let store = try PostgresStore(configuration)
        current.withLock { $0 = store }
        return store
    }

    /// Something that the store itself has no words for, by another connection.
    @discardableResult
    func query(_ sql: String) async throws -> [String] {
        let connection = PostgresConnection(configuration)
        let found = try await connection.run { session throws(PostgresFailure) in
            let rows = try session.perform([Statement("query", sql)()])[0]
            return rows.indices.map { rows.text($0, 0) }
        }
        await connection.close()
        return found
    }

    private func drop() async throws {
        await current.withLock { $0.take() }?.close()
        let connection = PostgresConnection(configuration)
        let name = configuration.schema
        try await connection.run { session throws(PostgresFailure) in
            try session.performScript("SET client_min_messages = warning; DROP SCHEMA IF EXISTS \(name) CASCADE")
        }
        await connection.close()
    }

    var underTest: BackendUnderTest<any NotificationStore> { underTest { $0 } }

    func underTest<Port: Sendable>(_ port: @escaping @Sendable (PostgresStore) -> Port) -> BackendUnderTest<Port> {
        BackendUnderTest(
            open: { port(try self.open()) },
            // A process that ends leaves no more behind than closed connections.
            end: { _ in await self.current.withLock { $0.take() }?.close() })
    }
}
