import Pipeline
import Testing

@testable import PostgresStore

@Suite(.timeLimit(.minutes(10)))
struct RestartTests {
    @Test func aKilledServerIsUsedAgain() async throws {
        let server = try PrivateServer()
        try #require(server.url.hasPrefix("postgresql://"))
        let configuration = PostgresStore.Configuration(connectionString: server.url, poolSize: 2)
        _ = try await PostgresStore.migrate(configuration)
        let store = try PostgresStore(configuration)
        let before = try await store.beginEpoch(.applier, partition: 0)
        try server.restart()
        let after = try await store.beginEpoch(.applier, partition: 0)
        #expect(after.fence.epoch == before.fence.epoch + 1)
        await store.close()
        try server.stop()
    }
}
