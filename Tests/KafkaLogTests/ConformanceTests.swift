import Pipeline
import PortConformance
import Testing

@testable import KafkaLog

@Suite(.timeLimit(.minutes(10)))
struct ConformanceTests {
    @Test(arguments: EventLogConformance.cases)
    func eventLog(_ conformance: ConformanceCase<any EventLog>) async throws {
        try await conformance.run(on: TestCluster().underTest())
    }
}
