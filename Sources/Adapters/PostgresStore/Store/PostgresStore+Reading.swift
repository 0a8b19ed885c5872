public import ChannelSDK
public import Pipeline

extension PostgresStore {
    public func notification(_ id: NotificationID) async throws(StoreError) -> NotificationView? {
        let commands =
            [StateRows.select { $0.add([id]) { $0 } }]
            + [ReadStatements.content, ReadStatements.timeline, ReadStatements.claimed].map { $0 { $0.add(id) } }
        return try await read(commands) { answers in
            guard let state = StateRows.read(answers[0]).first, answers[1].count == 1 else { return nil }
            return NotificationView(
                state: state, acceptedAt: answers[1].timestamp(0, 0), payload: .init(bytes: answers[1].blob(0, 1)),
                timeline: answers[2].indices.map { TimelineRow.read(answers[2], $0, notification: id) },
                claimed: answers[3].indices.map { answers[3].deliveryID($0, 0) })
        }
    }

    public func projected(
        _ ids: [NotificationID]
    ) async throws(StoreError) -> [NotificationID: ProjectedRequest] {
        guard !ids.isEmpty else { return [:] }
        return try await perform([ReadStatements.projected { $0.add(ids) { $0 } }]) { answers in
            var found: [NotificationID: ProjectedRequest] = [:]
            for row in answers[0].indices {
                found[answers[0].notificationID(row, 0)] = answers[0].projectedRequest(row)
            }
            return found
        }
    }

    public func counts() async throws(StoreError) -> StoreCounts {
        try await perform([ReadStatements.counts()]) { answers in
            StoreCounts(
                notifications: answers[0].int(0, 0), open: answers[0].int(0, 1), ready: answers[0].int(0, 2),
                claimed: answers[0].int(0, 3), parked: answers[0].int(0, 4))
        }
    }
}

private enum ReadStatements {
    static let content = Statement(
        "read_content", "SELECT accepted_at, payload FROM notifications WHERE id = $1::uuid")

    static let timeline = Statement(
        "read_timeline",
        """
        SELECT \(TimelineRow.columns) FROM timeline t JOIN notifications n ON n.number = t.number WHERE n.id = $1::uuid
        ORDER BY t.at, t.part, t.position, t.place
        """)

    static let claimed = Statement(
        "read_claimed",
        """
        SELECT n.id, c.ordinal FROM claims c JOIN notifications n ON n.number = c.number WHERE n.id = $1::uuid
        ORDER BY c.ordinal
        """)

    static let projected = Statement(
        "read_projected",
        "SELECT n.id, \(ComparedPayload.columns) FROM notifications n WHERE n.id = ANY ($1::uuid[])")

    static let counts = Statement(
        "read_counts",
        """
        SELECT (SELECT coalesce(sum(notifications), 0)::int8 FROM stage_progress),
          (SELECT coalesce(sum(open), 0)::int8 FROM stage_progress), (SELECT count(*) FROM ready),
          (SELECT count(*) FROM claims), (SELECT count(*) FROM parked)
        """)
}
