import ChannelSDK
public import Pipeline
import Synchronization

extension PostgresStore {
    public func project(_ projection: Projection) async throws(StoreError) -> ProjectionReceipt {
        var firsts: [Projection.Row] = []
        var seen: Set<NotificationID> = []
        for row in projection.rows where seen.insert(row.notification.id).inserted { firsts.append(row) }
        guard !firsts.isEmpty else {
            try await perform([StageStatements.pass(projection.fence, to: projection.nextOffset)])
            return ProjectionReceipt(outcomes: [], released: [])
        }
        let numbers = try await takeNumbers(firsts.count)
        let batch = ProjectionBatch(projection: projection, rows: Array(zip(numbers, firsts)))
        let (stored, released) = try await perform(batch.commands) { answers in
            let repeats = answers[answers.count - 2]
            var stored: [NotificationID: ProjectedRequest] = [:]
            for row in repeats.indices {
                stored[repeats.notificationID(row, 0)] = repeats.projectedRequest(row)
            }
            return (stored, ParkedRow.read(answers[answers.count - 1]))
        }
        return ProjectionReceipt(outcomes: Self.outcomes(of: projection.rows, stored), released: released)
    }

    /// - Parameter stored: the ids that were there before, with their content.
    private static func outcomes(
        of rows: [Projection.Row], _ stored: [NotificationID: ProjectedRequest]
    ) -> [ProjectionReceipt.Outcome] {
        var known = stored
        return rows.map { row in
            let new = ProjectedRequest(row.notification)
            guard let old = known.updateValue(known[row.notification.id] ?? new, forKey: row.notification.id) else {
                return .inserted
            }
            return old == new ? .repeated : .conflict
        }
    }

    /// Row numbers that no other process has.
    private func takeNumbers(_ count: Int) async throws(StoreError) -> [Int64] {
        var taken: [Int64] = []
        while true {
            numbers.withLock { reserved in
                let part = reserved.prefix(count - taken.count)
                taken += part
                reserved = part.upperBound..<reserved.upperBound
            }
            if taken.count == count { return taken }
            let first = try await perform([ProjectionBatch.reserve()]) { $0[0].integer(0, 0) }
            numbers.withLock { reserved in
                // Another caller may have brought a block meanwhile: what is left of the smaller one is not used.
                let block = first..<first + 10_000
                if reserved.count < block.count { reserved = block }
            }
        }
    }
}

/// The statements of one projection. A row's number is this try's alone, so the notification is found under it exactly
/// when this try has inserted it: what hangs on it is inserted then only.
private struct ProjectionBatch {
    let projection: Projection
    let rows: [(number: Int64, row: Projection.Row)]

    static let reserve = Statement("reserve_numbers", "SELECT nextval('notification_numbers')")

    /// The last two answer: what was there before, and the reports that waited.
    var commands: [Command] {
        let (claimed, ready) = (rows.filter(\.row.isClaimed), rows.filter { !$0.row.isClaimed })
        var commands = [
            StageStatements.pass(projection.fence, to: projection.nextOffset),
            CorrelationStatements.notificationsComing(),
            Self.insertNotifications(fillNotifications), Self.insertDeliveries(fillDeliveries),
        ]
        if !ready.isEmpty { commands.append(Self.insertReady { fill(&$0, ready: ready) }) }
        if !claimed.isEmpty { commands.append(Self.insertClaims { fill(&$0, claimed: claimed) }) }
        commands.append(
            CancellationStatements.holdProjected {
                $0.add(rows) { $0.row.notification.id }
                $0.add(rows) { $0.number }
            })
        commands.append(
            Self.repeats {
                $0.add(rows) { $0.row.notification.id }
                $0.add(rows) { $0.number }
                $0.add(projection.fence.stage.rawValue)
                $0.add(projection.fence.partition)
            })
        commands.append(CorrelationStatements.releaseNotifications { $0.add(rows) { $0.row.notification.id } })
        return commands
    }

    private static let insertNotifications = Statement(
        "insert_notifications",
        """
        WITH new AS (
          INSERT INTO notifications (number, id, account, external_id, class, steps, accepted_at, expires_at, payload)
          SELECT * FROM unnest($3::int8[], $4::uuid[], $5::text[], $6::text[], $7::int8[], $8::bytea[], $9::int8[],
            $10::int8[], $11::bytea[])
          ON CONFLICT (id) DO NOTHING RETURNING 1
        )
        UPDATE stage_progress SET notifications = notifications + (SELECT count(*) FROM new),
          open = open + (SELECT count(*) FROM new)
        WHERE stage = $1::text AND part = $2::int8
        """)

    private static let insertDeliveries = Statement(
        "insert_first_deliveries",
        """
        INSERT INTO deliveries (number, ordinal, channel, step, graph_version, created_at, status, settlement, updated_at,
          sequence, attempts, failures, waiting, waiting_until)
        SELECT u.number, 1, u.channel, 0, u.version, u.at, 'accepted', 0, u.at, 0, 0, 0, u.waiting, u.until
        FROM unnest($1::int8[], $2::text[], $3::int8[], $4::int8[], $5::text[], $6::int8[])
          AS u (number, channel, version, at, waiting, until)
        WHERE EXISTS (SELECT FROM notifications n WHERE n.number = u.number)
        """)

    private static let insertReady = Statement(
        "insert_first_ready",
        """
        INSERT INTO ready (number, ordinal, channel, class, account, due, attempt, errand)
        SELECT u.number, 1, u.channel, u.class, u.account, u.due, 1, 0
        FROM unnest($1::int8[], $2::text[], $3::int8[], $4::text[], $5::int8[]) AS u (number, channel, class, account, due)
        WHERE EXISTS (SELECT FROM notifications n WHERE n.number = u.number)
        """)

    private static let insertClaims = Statement(
        "insert_first_claims",
        """
        INSERT INTO claims (number, ordinal, owner, attempt, errand)
        SELECT u.number, 1, $2::text, 1, 0 FROM unnest($1::int8[]) AS u (number)
        WHERE EXISTS (SELECT FROM notifications n WHERE n.number = u.number)
        """)

    /// What was in the way of an insertion can have been removed by now, because it was old: then the projection is
    /// refused, and the next finds the way clear. `pass_fence` is called only then, with an epoch that no partition has.
    private static let repeats = Statement(
        "find_repeats",
        """
        SELECT u.id, \(ComparedPayload.columns),
          CASE WHEN n.id IS NULL THEN pass_fence($3::text, $4::int8, -1, 0) END
        FROM unnest($1::uuid[], $2::int8[]) AS u (id, number)
        LEFT JOIN notifications n ON n.id = u.id WHERE n.number IS DISTINCT FROM u.number
        """)

    private func fillNotifications(_ parameters: inout Parameters) {
        // Most notifications of a batch have the same steps.
        var last: (texts: [String], packed: [UInt8]) = ([], [])
        parameters.add(projection.fence.stage.rawValue)
        parameters.add(projection.fence.partition)
        parameters.add(rows) { $0.number }
        parameters.add(rows) { $0.row.notification.id }
        parameters.add(rows) { $0.row.notification.account }
        parameters.add(rows) { $0.row.notification.externalID }
        parameters.add(rows) { Int64($0.row.notification.urgency.rawValue) }
        parameters.add(rows) { pair -> [UInt8]? in
            let steps = pair.row.notification.steps
            if steps != last.texts { last = (steps, PackedTexts.pack(steps)) }
            return last.packed
        }
        parameters.add(rows) { $0.row.notification.acceptedAt.milliseconds }
        parameters.add(rows) { $0.row.notification.expiresAt?.milliseconds }
        parameters.add(rows) { $0.row.notification.payload.bytes }
    }

    private func fillDeliveries(_ parameters: inout Parameters) {
        parameters.add(rows) { $0.number }
        parameters.add(rows) { $0.row.notification.steps.first ?? "" }
        parameters.add(rows) { Int64($0.row.graphVersion) }
        parameters.add(rows) { $0.row.notification.acceptedAt.milliseconds }
        parameters.add(rows) { $0.row.notification.waiting?.reason.rawValue }
        parameters.add(rows) { $0.row.notification.waiting?.until?.milliseconds }
    }

    private func fill(_ parameters: inout Parameters, ready: [(number: Int64, row: Projection.Row)]) {
        parameters.add(ready) { $0.number }
        parameters.add(ready) { $0.row.notification.steps.first ?? "" }
        parameters.add(ready) { Int64($0.row.notification.urgency.rawValue) }
        parameters.add(ready) { $0.row.notification.account }
        parameters.add(ready) { ($0.row.notification.notBefore ?? $0.row.notification.acceptedAt).milliseconds }
    }

    private func fill(_ parameters: inout Parameters, claimed: [(number: Int64, row: Projection.Row)]) {
        parameters.add(claimed) { $0.number }
        parameters.add(projection.owner.text)
    }
}
