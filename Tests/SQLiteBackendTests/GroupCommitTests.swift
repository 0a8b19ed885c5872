import ChannelSDK
import Pipeline
import Testing

@testable import SQLiteBackend

@Suite(.timeLimit(.minutes(10)))
struct GroupCommitTests {
    private struct Planned: Error {}

    /// Writes that fail after they have written something: what they wrote goes, what the others of their group wrote
    /// stays, and each caller hears of its own.
    @Test func aFailingWriteTakesNobodyWithIt() async throws {
        let database = try TemporaryDatabase()
        let backend = try database.open()
        let kept = try await withThrowingTaskGroup(of: Int?.self) { tasks in
            for number in 0..<60 {
                tasks.addTask {
                    do throws(SQLiteFailure) {
                        return try await backend.committer.commit { session in
                            try session.count("write \(number)", add: 1)
                            if number.isMultiple(of: 7) { throw Planned() }
                            return number
                        }
                    } catch {
                        guard case .failed = error else { throw error }
                        return nil
                    }
                }
            }
            return try await tasks.reduce(into: Set<Int>()) { if let number = $1 { $0.insert(number) } }
        }
        #expect(kept == Set((0..<60).filter { !$0.isMultiple(of: 7) }))
        let stored = try await backend.store.read { database in
            var names: Set<String> = []
            try RawStatement(database, "SELECT name FROM counts WHERE value = 1").forEach { names.insert($0.text(0)) }
            return names
        }
        #expect(stored == Set(kept.map { "write \($0)" }))
        await database.close()
    }

    /// Offsets stay dense when a transaction with appends in it is rolled back and carried out again.
    @Test func appendsBesideAFailingWrite() async throws {
        let database = try TemporaryDatabase()
        let backend = try database.open()
        try await withThrowingTaskGroup { tasks in
            for number in 0..<40 {
                tasks.addTask {
                    try await backend.log.append(PowerLossLoad.batch(number..<number + 1), to: .deadLetter)
                }
                tasks.addTask {
                    await #expect(throws: SQLiteFailure.self) {
                        try await backend.committer.commit { session in
                            try session.count("never", add: 1)
                            throw Planned()
                        }
                    }
                }
            }
            try await tasks.waitForAll()
        }
        let page = try await backend.log.read(.deadLetter, after: LogCursor("0"), limit: 100, wait: .zero)
        #expect(page.items.map(\.record.offset) == (0..<40).map { Int64($0) })
        #expect(Set(page.items.compactMap { $0.record.key?.low }) == Set(0..<40))
        #expect(try await backend.store.counts().open == 0)
        await database.close()
    }

    /// The end comes while writes wait, each of which asks for a checkpoint: they are carried out or refused, and the
    /// checkpoints that come too late are left.
    @Test func theEndMayComeAmongWritesAndCheckpoints() async throws {
        for round in 0..<40 {
            try Task.checkCancellation()
            let database = try TemporaryDatabase()
            let backend = try database.open { $0.checkpointPages = 1...2 }
            let written = await withTaskGroup(of: Bool.self) { tasks in
                for number in 0..<50 {
                    tasks.addTask {
                        do throws(SQLiteFailure) {
                            try await backend.committer.commit { try $0.count("write \(number)", add: 1) }
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                tasks.addTask {
                    await round.isMultiple(of: 2) ? database.close() : database.abandon()
                    return false
                }
                return await tasks.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            let stored = try await database.open().store.read { database in
                try RawStatement(database, "SELECT count(*) FROM counts WHERE name LIKE 'write %' AND value = 1")
                    .first { $0.integer(0) }
            }
            #expect(stored == Int64(written))
            await database.close()
        }
    }

    @Test func aFullDiskIsUnavailableAndPasses() async throws {
        let database = try TemporaryDatabase()
        let backend = try database.open()
        func limitPages(_ count: Int) async throws {
            try await backend.committer.commit { session in
                _ = try session.statement("PRAGMA max_page_count = \(count)").first { $0.integer(0) }
            }
        }
        try await backend.log.append(PowerLossLoad.batch(0..<1), to: .statusChange)
        try await limitPages(1)
        let error = await #expect(throws: LogError.self) {
            try await backend.log.append(PowerLossLoad.batch(1..<2000), to: .statusChange)
        }
        guard case .unavailable(let reason) = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(reason.contains("full"))
        #expect(try await backend.log.endOffset(of: .statusChange, partition: 0) == 1)
        try await limitPages(1 << 30)
        try await backend.log.append(PowerLossLoad.batch(1..<3), to: .statusChange)
        let page = try await backend.log.read(.statusChange, after: LogCursor("0"), limit: 100, wait: .zero)
        #expect(page.items.compactMap { $0.record.key?.low } == [0, 1, 2])
        await database.close()
    }

    @Test func afterTheEndEverythingIsRefused() async throws {
        let database = try TemporaryDatabase()
        let backend = try database.open()
        let subscription = try await backend.log.subscribe(to: .deliveryReport, group: "applier")
        await database.close()
        await #expect(throws: LogError.unavailable("the database is closed")) {
            try await backend.log.append(PowerLossLoad.batch(0..<1), to: .statusChange)
        }
        #expect(try await subscription.next(limit: 1) == nil)
        await #expect(throws: StoreError.self) { try await backend.store.counts() }
        await backend.close()
    }
}
