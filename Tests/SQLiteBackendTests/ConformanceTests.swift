import Accounts
import Pipeline
import PortConformance
import Testing

@testable import SQLiteBackend

@Suite(.timeLimit(.minutes(10)))
struct ConformanceTests {
    @Test(arguments: EventLogConformance.cases, [1, 3])
    func eventLog(_ conformance: ConformanceCase<any EventLog>, partitions: Int) async throws {
        let database = try TemporaryDatabase()
        try await conformance.run(on: database.underTest(partitions: partitions) { $0.log })
    }

    @Test(arguments: StoreConformance.cases)
    func store(_ conformance: ConformanceCase<any NotificationStore>) async throws {
        let database = try TemporaryDatabase()
        try await conformance.run(on: database.underTest { $0.store })
    }

    @Test(arguments: AccountStoreConformance.cases)
    func accounts(_ conformance: ConformanceCase<any AccountStore>) async throws {
        let database = try TemporaryDatabase()
        try await conformance.run(on: database.underTest { $0.accounts })
    }
}
