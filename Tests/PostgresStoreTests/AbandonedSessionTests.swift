import Foundation
import Pipeline
import Testing

@testable import PostgresStore

/// A replica that is frozen in the middle of what it sends: the server has begun its transaction, and waits for the rest.
@Suite(.timeLimit(.minutes(10)))
struct AbandonedSessionTests {
    @Test func aTransactionWhoseRestNeverComesIsEnded() async throws {
        let server = try PrivateServer()
        var configuration = PostgresStore.Configuration(connectionString: server.url, poolSize: 2)
        _ = try await PostgresStore.migrate(configuration)
        configuration.statementTimeout = .milliseconds(300)
        let store = try PostgresStore(configuration)
        let before = try await store.beginEpoch(.applier, partition: 0)
        let frozen = try HalfPipeline(server.url)
        try frozen.begin("UPDATE switchboard.stage_progress SET next_offset = 77")
        // Nobody gets past it: its row is locked.
        await #expect(throws: StoreError.self) { try await store.beginEpoch(.applier, partition: 0) }
        var ended = 0
        while ended == 0 {
            try Task.checkCancellation()
            ended = try await store.endAbandonedSessions()
        }
        #expect(ended == 1)
        var heir: StageProgress?
        while heir == nil {
            try Task.checkCancellation()
            heir = try? await store.beginEpoch(.applier, partition: 0)
        }
        #expect(heir?.fence.epoch == before.fence.epoch + 1 && heir?.nextOffset == before.nextOffset)
        await store.close()
        try server.stop()
    }

    /// Who waits for nothing, works, or says that it takes its time is left alone.
    @Test func othersAreLeftAlone() async throws {
        let server = try PrivateServer()
        var configuration = PostgresStore.Configuration(connectionString: server.url, poolSize: 1)
        _ = try await PostgresStore.migrate(configuration)
        let idle = try PostgresStore(configuration)
        _ = try await idle.counts()
        let tool = try HalfPipeline(server.url, name: PostgresStore.Configuration.toolName)
        try tool.begin("SELECT 1")
        let frozen = try HalfPipeline(server.url)
        try frozen.begin("SELECT 1")
        configuration.statementTimeout = .milliseconds(300)
        let store = try PostgresStore(configuration)
        var ended = 0
        while ended == 0 {
            try Task.checkCancellation()
            ended = try await store.endAbandonedSessions()
        }
        // The other one has been waiting for longer than that.
        #expect(ended == 1)
        // It was told to go: on a busy machine that takes a while.
        frozen.waitUntilClosed()
        #expect(try await store.endAbandonedSessions() == 0)
        try tool.begin("SELECT 2")
        _ = try await idle.counts()
        await idle.close()
        await store.close()
        try server.stop()
    }
}

/// A client that sends statements without ever saying that this was all, as no client does that goes on living.
private final class HalfPipeline {
    struct Trouble: Error {}

    private let descriptor: Int32

    /// - Parameter url: of a server on this machine that trusts everybody.
    init(_ url: String, name: String = PostgresStore.Configuration.storeName) throws {
        let port = UInt16(url.split(separator: ":").last?.prefix { $0.isNumber } ?? "") ?? 0
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw Trouble() }
        let words = ["user", "switchboard", "database", "postgres", "application_name", name]
        let version = [0, 3, 0, 0] as [UInt8]
        try send(nil, version + words.flatMap { Array($0.utf8) + [0] } + [0])
        try receive(until: "Z")
    }

    deinit { close(descriptor) }

    /// Returns when the server has carried it out, in a transaction that it can't end.
    func begin(_ sql: String) throws {
        try send("P", [0] + Array(sql.utf8) + [0, 0, 0])
        try send("B", [0, 0, 0, 0, 0, 0, 0, 0])
        try send("E", [0, 0, 0, 0, 0])
        // Flush: the answers, please, and not the end.
        try send("H", [])
        try receive(until: "C")
    }

    /// Returns when the server's process has ended.
    func waitUntilClosed() {
        while (try? bytes(1)) != nil {}
    }

    private func send(_ kind: Character?, _ body: [UInt8]) throws {
        let count = UInt32(body.count + 4)
        let length = (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * UInt32($0))) }
        let message = (kind?.asciiValue).map { [$0] } ?? []
        let bytes = message + length + body
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw Trouble() }
    }

    private func receive(until wanted: Character) throws {
        while true {
            let head = try bytes(5)
            let count = head[1...].reduce(0) { $0 << 8 | Int($1) }
            _ = try bytes(count - 4)
            if head[0] == UInt8(ascii: "E") { throw Trouble() }
            if head[0] == wanted.asciiValue { return }
        }
    }

    private func bytes(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var part = [UInt8](repeating: 0, count: count - bytes.count)
            let got = read(descriptor, &part, part.count)
            guard got > 0 else { throw Trouble() }
            bytes += part.prefix(got)
        }
        return bytes
    }
}
