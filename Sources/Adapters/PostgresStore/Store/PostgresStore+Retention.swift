public import ChannelSDK
public import Pipeline

extension PostgresStore {
    public func removeSettled(
        before moment: Timestamp, after cursor: RetentionCursor?, limit: Int
    ) async throws(StoreError) -> RetentionStep {
        let survey = RetentionStatements.survey {
            $0.add(cursor?.position ?? 0)
            $0.add(moment)
            $0.add(limit)
        }
        // Without a lock, and not in the transaction: what it finds is looked at again there.
        let found = try await perform([survey]) { RetentionSurvey($0[0], before: moment, limit: limit) }
        guard !found.old.isEmpty else { return RetentionStep(removed: 0, next: nil) }
        do throws(PostgresFailure) {
            let removed = try await pool.run { session throws(PostgresFailure) in
                try RetentionTransaction(session: session, before: moment, ids: found.old).run()
            }
            return RetentionStep(removed: removed, next: found.next.map { RetentionCursor($0) })
        } catch {
            throw error.storeError
        }
    }
}

/// The notifications that are old enough to be looked at.
private struct RetentionSurvey {
    let old: [Int64: NotificationID]
    /// The number behind which to go on; nil: at the table's end.
    let next: Int64?

    init(_ rows: Rows, before moment: Timestamp, limit: Int) {
        let isOld = rows.indices.prefix { rows.timestamp($0, 2) < moment }
        old = Dictionary(uniqueKeysWithValues: isOld.map { (rows.integer($0, 0), rows.notificationID($0, 1)) })
        guard let last = isOld.last else {
            next = nil
            return
        }
        if isOld.count < rows.count {
            // The rest of the block is younger; the next may be another process's, and older.
            next = RetentionStatements.endOfBlock(rows.integer(last, 0))
        } else {
            next = rows.count < limit ? nil : rows.integer(last, 0)
        }
    }
}

/// Locks what can go, makes sure of it, and removes it: two round trips.
///
/// Whatever the applier does to a notification, it updates one of its deliveries. So with all of them locked nothing
/// can happen to it any more, and an applier that comes too late finds its delivery gone and is refused.
private struct RetentionTransaction {
    let session: Session
    let moment: Timestamp
    let ids: [Int64: NotificationID]

    init(session: Session, before moment: Timestamp, ids: [Int64: NotificationID]) {
        self.session = session
        self.moment = moment
        self.ids = ids
    }

    /// How many notifications were removed. A failure half way leaves the session in a failed transaction, and the
    /// connection then isn't used again.
    func run() throws(PostgresFailure) -> Int {
        let candidates = ids.keys.sorted()
        let answers = try session.perform([
            RetentionStatements.begin(),
            RetentionStatements.lock {
                $0.add(candidates) { $0 }
                $0.add(moment)
            },
            RetentionStatements.check { $0.add(candidates) { $0 } },
        ])
        let (locked, checked) = (answers[1], answers[2])
        var lockedCounts: [Int64: Int] = [:]
        for row in locked.indices { lockedCounts[locked.integer(row, 0), default: 0] += 1 }
        let removable = Set(
            checked.indices.filter { lockedCounts[checked.integer($0, 0)] == checked.int($0, 1) }
                .map { checked.integer($0, 0) })
        _ = try session.perform(
            (removable.isEmpty ? [] : removals(removable, names(locked, of: removable))) + [
                RetentionStatements.commit()
            ])
        return removable.count
    }

    private struct ProviderName: Hashable {
        let channel: String
        let message: String
        let id: NotificationID
    }

    /// What the provider called the deliveries and their parts: each may be the key of a correlation.
    private func names(_ rows: Rows, of removable: Set<Int64>) -> Set<ProviderName> {
        var names: Set<ProviderName> = []
        for row in rows.indices where removable.contains(rows.integer(row, 0)) {
            guard let id = ids[rows.integer(row, 0)] else { continue }
            let parts = PackedTexts.unpack(rows.blob(row, 3)).enumerated().filter { $0.offset.isMultiple(of: 2) }
            let messages = parts.map(\.element) + PackedTexts.unpack(rows.blob(row, 4))
            for message in messages + (rows.optionalText(row, 2).map { [$0] } ?? []) {
                names.insert(ProviderName(channel: rows.text(row, 1), message: message, id: id))
            }
        }
        return names
    }

    private func removals(_ removable: Set<Int64>, _ names: Set<ProviderName>) -> [Command] {
        let numbers = removable.sorted()
        // In the order in which appliers write them.
        let names = names.sorted { ($0.channel, $0.message) < ($1.channel, $1.message) }
        let forget = RetentionStatements.forgetMessages {
            $0.add(names) { $0.channel }
            $0.add(names) { $0.message }
            $0.add(names) { $0.id }
        }
        // Last what all callers write.
        return [forget] + RetentionStatements.removals.map { $0 { $0.add(numbers) { $0 } } }
            + [RetentionStatements.count { $0.add(numbers.count) }]
    }
}

private enum RetentionStatements {
    /// Numbers are given in blocks, each to one process, which uses them in order: within a block time grows with the
    /// number, but a process with little to do has a block for long.
    static func endOfBlock(_ number: Int64) -> Int64 { ((number - 1) / 10_000 + 1) * 10_000 }

    /// Finds the first block behind $1 that begins with something old, by a look at the first number of each block, and
    /// returns what is there.
    static let survey = Statement(
        "survey_retention",
        """
        WITH RECURSIVE looks AS (
          (SELECT number, accepted_at FROM notifications WHERE number > $1::int8 ORDER BY number LIMIT 1)
          UNION ALL
          SELECT n.number, n.accepted_at FROM looks l CROSS JOIN LATERAL (
            SELECT number, accepted_at FROM notifications WHERE number > ((l.number - 1) / 10000 + 1) * 10000
            ORDER BY number LIMIT 1) n
          WHERE l.accepted_at >= $2::int8
        )
        SELECT number, id, accepted_at FROM notifications
        WHERE number >= (SELECT number FROM looks WHERE accepted_at < $2::int8) ORDER BY number LIMIT $3::int8
        """)

    static let begin = Statement("begin_removal", "BEGIN")
    static let commit = Statement("end_removal", "COMMIT")

    static let lock = Statement(
        "lock_settled",
        """
        SELECT number, channel, provider_message_id, parts, expected_parts FROM deliveries
        WHERE number = ANY ($1::int8[]) AND settlement <> 0 AND updated_at < $2::int8
        ORDER BY number, ordinal FOR UPDATE SKIP LOCKED
        """)

    /// A statement of its own, after the locks: it sees what was committed until they were taken.
    static let check = Statement(
        "check_settled",
        """
        SELECT n.number, (SELECT count(*) FROM deliveries d WHERE d.number = n.number) FROM notifications n
        WHERE n.number = ANY ($1::int8[]) AND NOT EXISTS (SELECT FROM ready r WHERE r.number = n.number)
          AND NOT EXISTS (SELECT FROM claims c WHERE c.number = n.number)
          AND NOT EXISTS (SELECT FROM parked p WHERE p.id IS NOT NULL AND p.id = n.id)
        """)

    static let forgetMessages = Statement(
        "forget_messages",
        """
        DELETE FROM correlations c USING unnest($1::text[], $2::text[], $3::uuid[]) AS u (channel, message, id)
        WHERE c.channel = u.channel AND c.message_id = u.message AND c.id = u.id
        """)

    static let removals = ["timeline", "settling", "deliveries", "notifications"].map {
        Statement("remove_\($0)", "DELETE FROM \($0) WHERE number = ANY ($1::int8[])")
    }

    /// Not in the rows of the partitions that added them, for which their owners would have to wait.
    static let count = Statement(
        "count_removed",
        """
        INSERT INTO stage_progress AS s (stage, part, epoch, next_offset, notifications)
        VALUES ('retention', 0, 0, 0, -$1::int8)
        ON CONFLICT (stage, part) DO UPDATE SET notifications = s.notifications + excluded.notifications
        """)
}
