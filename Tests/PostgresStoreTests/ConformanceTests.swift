import Accounts
import Pipeline
import PortConformance
import Testing

@testable import PostgresStore

@Suite(.timeLimit(.minutes(10)))
struct ConformanceTests {
    @Test(arguments: StoreConformance.cases)
    func store(_ conformance: ConformanceCase<any NotificationStore>) async throws {
        try await TestSchema.with { try await conformance.run(on: $0.underTest) }
    }

    @Test(arguments: AccountStoreConformance.cases)
    func accounts(_ conformance: ConformanceCase<any AccountStore>) async throws {
        try await TestSchema.with { try await conformance.run(on: $0.underTest { PostgresAccountStore($0) }) }
    }
}
