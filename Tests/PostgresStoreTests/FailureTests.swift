import ChannelSDK
import Foundation
import Pipeline
import Testing

@testable import PostgresStore

@Suite(.timeLimit(.minutes(10)))
struct FailureTests {
    @Test func terminatedBackendsAreReplacedUnseen() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open { $0.poolSize = 1 }
            let before = try await store.beginEpoch(.applier, partition: 0)
            let pid = try await store.pool.run { session throws(PostgresFailure) in
                try session.perform([Statement("own_pid", "SELECT pg_backend_pid()")()])[0].integer(0, 0)
            }
            // Answers once the backend is gone.
            try await schema.query("SELECT pg_terminate_backend(\(pid), 10000)::text")
            let after = try await store.beginEpoch(.applier, partition: 0)
            #expect(after.fence.epoch == before.fence.epoch + 1)
        }
    }

    @Test func backendTerminatedInTheMiddleIsUnavailable() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open { $0.poolSize = 1 }
            let suicide = Statement("suicide", "SELECT pg_terminate_backend(pg_backend_pid())")
            await #expect {
                try await store.perform([suicide()])
            } throws: {
                if case .unavailable = $0 as? StoreError { true } else { false }
            }
            #expect(try await store.projectedOffset(partition: 0) == 0)
        }
    }

    /// Of a server that runs here: its backends take signals from us.
    @Test func silentServerIsUnavailableAfterTheTimeout() async throws {
        let server = try PrivateServer()
        var configuration = PostgresStore.Configuration(connectionString: server.url, poolSize: 1)
        _ = try await PostgresStore.migrate(configuration)
        configuration.statementTimeout = .milliseconds(200)
        let store = try PostgresStore(configuration)
        let pid = try await store.pool.run { session throws(PostgresFailure) in
            try session.perform([Statement("own_pid", "SELECT pg_backend_pid()")()])[0].integer(0, 0)
        }
        try #require(kill(pid_t(pid), SIGSTOP) == 0)
        await #expect {
            try await store.projectedOffset(partition: 0)
        } throws: {
            guard case .unavailable(let message) = $0 as? StoreError else { return false }
            return message.contains("did not answer")
        }
        #expect(try await store.projectedOffset(partition: 0) == 0)
        kill(pid_t(pid), SIGCONT)
        await store.close()
        try server.stop()
    }

    @Test func unreachableServerIsUnavailable() async throws {
        let store = try PostgresStore(.init(connectionString: "postgresql://nobody:s3cr3t-pw@127.0.0.1:1/none"))
        await #expect {
            try await store.counts()
        } throws: {
            guard case .unavailable(let message) = $0 as? StoreError else { return false }
            return message.contains("127.0.0.1") && !message.contains("s3cr3t")
        }
    }

    @Test func aClosedStoreIsUnavailable() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open()
            await store.close()
            await #expect(throws: StoreError.unavailable("the store is closed")) { try await store.counts() }
        }
    }

    @Test func statementsThatTakeTooLongAreUnavailable() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open { $0.statementTimeout = .milliseconds(100) }
            let slow = Statement("slow", "SELECT pg_sleep(600)")
            await #expect {
                try await store.perform([slow()])
            } throws: {
                guard case .unavailable(let message) = $0 as? StoreError else { return false }
                return message.contains("57014")
            }
        }
    }

    /// A server that is frozen altogether: its kernel takes the connection, nobody answers.
    @Test func silentServerIsNotWaitedForWhenConnecting() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(isListening)
        let port = UInt16(bigEndian: address.sin_port)
        let store = try PostgresStore(
            .init(
                connectionString: "postgresql://me@127.0.0.1:\(port)/one?sslmode=disable",
                connectTimeout: .milliseconds(200)))
        await #expect {
            try await store.counts()
        } throws: {
            guard case .unavailable(let message) = $0 as? StoreError else { return false }
            return message.contains("can't connect")
        }
    }

    @Test func aSnapshotThatFailedLeavesNoTransactionBehind() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open { $0.poolSize = 1 }
            let broken = Statement("broken", "SELECT 1 / 0")
            await #expect(throws: StoreError.self) { try await store.read([broken()]) { _ in } }
            #expect(try await store.beginEpoch(.applier, partition: 0).fence.epoch == 1)
            let other = try schema.open()
            #expect(try await other.beginEpoch(.applier, partition: 0).fence.epoch == 2)
        }
    }
}
