import ChannelSDK
import Pipeline
import Testing

@testable import PostgresStore

/// A report that asks while the outcome that answers it is written but not committed: the narrow place that parallel
/// callers rarely hit.
@Suite(.timeLimit(.minutes(10)))
struct MeetingTests {
    @Test func aQuestionWaitsForTheLearnersCommit() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open()
            let delivery = DeliveryID(notification: NotificationID(high: 1, low: 2), ordinal: 1)
            let fence = try await store.beginEpoch(.applier, partition: 0).fence
            var application = Application(fence: fence, nextOffset: 1)
            application.correlations = [.init(channel: "sms", providerMessageID: "SM1", delivery: delivery)]
            let commands = ApplicationBatch(application: application).commands
            let learner = PostgresConnection(schema.configuration)
            try await learner.run { session throws(PostgresFailure) in
                try session.performScript("BEGIN")
                _ = try session.perform(commands)
            }
            let question = CorrelationQuestion(
                key: .providerMessage(channel: "sms", id: "SM1"), source: LogPosition(partition: 0, offset: 1),
                index: 0, receivedAt: Timestamp(milliseconds: 1), channel: "sms", report: [1])
            async let answers = store.correlate([question])
            // Either the question waits for the lock, or (were there none) its report has begun to wait.
            while try await schema.query(Self.hasArrived) != ["true"] {}
            try await learner.run { session throws(PostgresFailure) in try session.performScript("COMMIT") }
            #expect(try await answers == [delivery])
            #expect(try await store.counts().parked == 0)
            await learner.close()
        }
    }

    private static let hasArrived = """
        SELECT (EXISTS (SELECT FROM parked) OR EXISTS (
          SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = 5349
            AND objid = (hashtext(current_schema())::bigint & 4294967295)::oid))::text
        """
}
