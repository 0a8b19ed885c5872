import ChannelSDK
import Foundation
import Pipeline
import PortConformance
import Testing

@testable import PostgresStore

/// A dump of a schema in use, and a dump in the place of a schema.
@Suite(.timeLimit(.minutes(10)))
struct BackupTests {
    private static let backupAt = Timestamp(milliseconds: 1_700_000_000_000)

    private func notification(_ number: Int) -> AcceptedNotification {
        AcceptedNotification(
            id: NotificationID(high: 9, low: UInt64(number)), account: "großes konto", externalID: nil,
            urgency: .normal, steps: ["sms"], acceptedAt: Timestamp(milliseconds: Int64(1000 + number)),
            payload: .init(bytes: [0, 0x27, 0x5C, 0xFF] + Array("payload \(number)".utf8)))
    }

    /// Two that are claimed, three that wait, and a replica at work.
    private func fill(_ store: PostgresStore) async throws {
        let begun = try await store.beginEpoch(.projector, partition: 0)
        _ = try await store.project(
            Projection(
                fence: begun.fence, nextOffset: 5, owner: OwnerID("old"),
                rows: (0..<5).map { .init(notification: notification($0), graphVersion: 1, isClaimed: $0 < 2) }))
        _ = try await store.beginRun()
        try await store.renewLease(of: OwnerID("old"), for: .seconds(3600))
    }

    private func dumping(
        _ schema: TestSchema, _ body: (_ file: String, PostgresStore.Dump) async throws -> Void
    ) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("dump-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await body(file, try await PostgresStore.dump(schema.configuration, to: file) {})
    }

    private func restore(
        _ schema: TestSchema, _ file: String, beforeCommit: () async throws -> Void = {}
    ) async throws {
        try await PostgresStore.restore(
            schema.configuration, from: file, aside: "\(schema.configuration.schema)_b", backupAt: Self.backupAt,
            resends: false, beforeCommit: beforeCommit)
    }

    private func dropAside(_ schema: TestSchema) async throws {
        try await schema.query("DROP SCHEMA \(schema.configuration.schema)_b CASCADE")
    }

    @Test func whatIsRestoredIsWhatWasDumped() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open { $0.replica = "one" }
            try await fill(store)
            try await dumping(schema) { file, dump in
                #expect(dump.summary.schema == PostgresStore.knownSchema)
                #expect(dump.summary.tables["notifications"] == 5 && dump.summary.tables["claims"] == 2)
                #expect(dump.summary.newestMilliseconds == 1004)
                #expect(dump.summary.positions["projector"] == ["0": 5])
                let rows = try await schema.query("SELECT n::text FROM notifications n ORDER BY number")
                try await schema.query("DELETE FROM notifications WHERE id::text LIKE '%3'")
                try await store.endRun()
                await store.close()

                try await restore(schema, file)
                #expect(try await schema.query("SELECT n::text FROM notifications n ORDER BY number") == rows)
                try await checkRestored(schema)
                // What was there is whole, too.
                let kept = "SELECT count(*)::text FROM \(schema.configuration.schema)_b.notifications"
                #expect(try await schema.query(kept) == ["4"])
                try await dropAside(schema)
            }
        }
    }

    private func checkRestored(_ schema: TestSchema) async throws {
        let restored = try schema.open { $0.replica = "one" }
        let restoration = try #require(try await restored.restoration())
        #expect(restoration.backupAt == Self.backupAt && restoration.at > Self.backupAt && !restoration.resends)
        #expect(try await restored.beginRun())
        #expect(try await restored.claims(of: OwnerID("old"), limit: 9).isEmpty)
        let claims = try await restored.claim(
            ClaimOrder(
                channel: "sms", owner: OwnerID("new"), now: .distantFuture,
                picks: [.init(share: ReadyShare(urgency: .normal, account: "großes konto"), count: 10)]))
        #expect(claims.map(\.due.milliseconds).prefix(3) == [1002, 1003, 1004])
        #expect(claims.dropFirst(3).map(\.due) == [restoration.at, restoration.at])
        // No zombie's epoch comes again.
        let epoch = try await restored.beginEpoch(.projector, partition: 0)
        #expect(epoch.fence.epoch > 1_000_000_000 && epoch.nextOffset == 5)
    }

    @Test func aSchemaInUseIsNotReplaced() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open { $0.replica = "replica-a" }
            try await fill(store)
            try await dumping(schema) { file, _ in
                let live = try #require(try await PostgresStore.liveHosts(schema.configuration))
                #expect(live.replicas == ["replica-a"] && (3500...3600).contains(live.seconds))
                // Also when it comes between the question and the restore.
                let error = await #expect(throws: StoreError.self) { try await restore(schema, file) }
                #expect("\(error ?? .fenced)".contains("a replica has been started meanwhile"))
                #expect(try await store.restoration() == nil)
                try await store.endRun()
                #expect(try await PostgresStore.liveHosts(schema.configuration) == nil)
            }
        }
    }

    @Test func aDumpThatIsCutOffChangesNothing() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open()
            try await fill(store)
            try await store.endRun()
            try await dumping(schema) { file, _ in
                let whole = try Data(contentsOf: URL(fileURLWithPath: file))
                for part in 1..<6 {
                    try whole.prefix(whole.count * part / 6).write(to: URL(fileURLWithPath: file))
                    await #expect(throws: StoreError.self) {
                        try await restore(schema, file) { Issue.record("nothing is to be committed") }
                    }
                    #expect(try await schema.query("SELECT count(*)::text FROM notifications") == ["5"])
                    #expect(try await store.restoration() == nil)
                }
            }
        }
    }

    /// What is done before the commit, such as setting other readers back, is done when the server has taken everything
    /// else, and may call it off.
    @Test func whatComesBeforeTheCommitCanCallItOff() async throws {
        struct CalledOff: Error {}
        try await TestSchema.with { schema in
            let store = try schema.open()
            try await fill(store)
            try await store.endRun()
            try await dumping(schema) { (file, _) async throws in
                await #expect(throws: CalledOff.self) { try await restore(schema, file) { throw CalledOff() } }
                #expect(try await schema.query("SELECT count(*)::text FROM notifications") == ["5"])
                #expect(try await store.restoration() == nil)
                let name = "\(schema.configuration.schema)_b"
                #expect(
                    try await schema.query("SELECT count(*)::text FROM pg_namespace WHERE nspname = '\(name)'") == ["0"]
                )
            }
        }
    }

    /// Something in the database that only the restore's last statements meet.
    @Test func whatTheServerRefusesComesBeforeWhatComesBeforeTheCommit() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open()
            try await fill(store)
            try await store.endRun()
            try await schema.query("ALTER TABLE restorations ADD CHECK (number < 0)")
            try await dumping(schema) { (file, _) async throws in
                let error = await #expect(throws: StoreError.self) {
                    try await restore(schema, file) { Issue.record("it is too early for that") }
                }
                #expect(
                    "\(error ?? .fenced)".contains("psql failed: ") && "\(error ?? .fenced)".contains("restorations"))
                #expect(try await schema.query("SELECT count(*)::text FROM notifications") == ["5"])
            }
        }
    }

    /// It does not go on alone when whoever wanted its work is gone.
    @Test func aToolEndsWithItsTask() async throws {
        try await TestSchema.with { schema in
            let tool = try PostgresTool(.shell, schema.configuration)
            let running = try tool.start(
                ["--no-psqlrc", "--command=SELECT pg_sleep(3600)"], input: nil, output: nil)
            let waiting = Task { try await running.finish() }
            waiting.cancel()
            await #expect(throws: StoreError.self) { try await waiting.value }
            #expect(!running.isRunning)
        }
    }

    @Test func anEmptyDatabaseHasNothingToBackUp() async throws {
        try await TestSchema.with(migrated: false) { (schema) async throws in
            #expect(try await PostgresStore.summary(schema.configuration) == nil)
            #expect(try await PostgresStore.liveHosts(schema.configuration) == nil)
            await #expect(throws: StoreError.self) {
                try await PostgresStore.dump(schema.configuration, to: "/tmp/never-made") {}
            }
            #expect(!FileManager.default.fileExists(atPath: "/tmp/never-made"))
        }
    }

    /// The password goes by the environment, which only the same user can read.
    @Test func noPasswordIsAmongTheArguments() async throws {
        var configuration = PostgresStore.Configuration(
            connectionString: "postgresql://someone:canary-1@127.0.0.1:1/x?sslmode=disable")
        configuration.connectTimeout = .seconds(1)
        let tool = try PostgresTool(.dump, configuration)
        let error = await #expect(throws: StoreError.self) { try await tool.run(["--no-password", "--schema=none"]) }
        #expect("\(error ?? .fenced)".contains("pg_dump failed: ") && !"\(error ?? .fenced)".contains("canary"))
        #expect(try await tool.majorVersion() >= 10)
    }
}
