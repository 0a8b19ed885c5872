public import ChannelSDK
public import Pipeline

extension PostgresStore {
    public func correlate(_ questions: [CorrelationQuestion]) async throws(StoreError) -> [DeliveryID?] {
        guard !questions.isEmpty else { return [] }
        let batch = CorrelationBatch(questions: questions)
        let known = try await perform(batch.finding) { batch.answers($0) }
        let unknown = known.indices.filter { known[$0] == nil }
        guard !unknown.isEmpty else { return known }
        // Once more with the learners kept out, and then what is still not known begins to wait.
        let rest = CorrelationBatch(questions: unknown.map { questions[$0] })
        let late = try await perform(rest.parking) { rest.answers(Array($0.dropFirst(2))) }
        var answers = known
        for (index, answer) in zip(unknown, late) { answers[index] = answer }
        return answers
    }

    public func releasableReports(limit: Int) async throws(StoreError) -> [ParkedReport] {
        try await perform([CorrelationStatements.releasable { $0.add(limit) }]) { ParkedRow.read($0[0]) }
    }

    public func expiredReports(before moment: Timestamp, limit: Int) async throws(StoreError) -> [ParkedReport] {
        let find = CorrelationStatements.expired {
            $0.add(moment)
            $0.add(limit)
        }
        return try await perform([find]) { ParkedRow.read($0[0], inOrder: false) }
    }

    public func unpark(_ ids: [ParkedReport.ID]) async throws(StoreError) {
        guard !ids.isEmpty else { return }
        try await perform([CorrelationStatements.unpark { $0.add(ids.sorted()) { $0 } }])
    }
}

/// The statements for a list of questions.
private struct CorrelationBatch {
    let questions: [CorrelationQuestion]
    private let messages: [(index: Int, channel: String, id: String)]
    private let notifications: [(index: Int, id: NotificationID)]

    init(questions: [CorrelationQuestion]) {
        self.questions = questions
        messages = questions.indices.compactMap { index in
            guard case .providerMessage(let channel, let id) = questions[index].key else { return nil }
            return (index, channel, id)
        }
        notifications = questions.indices.compactMap { index in
            guard case .notification(let id) = questions[index].key else { return nil }
            return (index, id)
        }
    }

    var finding: [Command] {
        [
            CorrelationStatements.findMessages {
                $0.add(messages) { Int64($0.index) }
                $0.add(messages) { $0.channel }
                $0.add(messages) { $0.id }
            },
            CorrelationStatements.findNotifications {
                $0.add(notifications) { Int64($0.index) }
                $0.add(notifications) { $0.id }
            },
        ]
    }

    /// Locks, then parks what is not known, then finds: all three see the same, for nobody learns meanwhile.
    var parking: [Command] { [CorrelationStatements.keepLearnersOut(), CorrelationStatements.park(fill)] + finding }

    func answers(_ answers: [Rows]) -> [DeliveryID?] {
        var found = [DeliveryID?](repeating: nil, count: questions.count)
        for rows in answers {
            for row in rows.indices { found[rows.int(row, 0)] = rows.deliveryID(row, 1) }
        }
        return found
    }

    private func fill(_ parameters: inout Parameters) {
        parameters.add(questions) { Int64($0.source.partition) }
        parameters.add(questions) { $0.source.offset }
        parameters.add(questions) { Int64($0.index) }
        parameters.add(questions) { $0.receivedAt.milliseconds }
        parameters.add(questions) { $0.channel }
        parameters.add(questions) { question -> String? in
            guard case .providerMessage(let channel, _) = question.key else { return nil }
            return channel
        }
        parameters.add(questions) { question -> String? in
            guard case .providerMessage(_, let id) = question.key else { return nil }
            return id
        }
        parameters.add(questions) { question -> NotificationID? in
            guard case .notification(let id) = question.key else { return nil }
            return id
        }
        parameters.add(questions) { $0.report }
    }
}

/// How a report that waits lies in its row.
enum ParkedRow {
    /// - Parameter inOrder: true: sorts by age, which a statement that returns what it updates can't.
    static func read(_ rows: Rows, inOrder: Bool = true) -> [ParkedReport] {
        let reports = rows.indices.map { row in
            ParkedReport(
                id: rows.integer(row, 0),
                key: rows.isNull(row, 5)
                    ? .providerMessage(channel: rows.text(row, 3), id: rows.text(row, 4))
                    : .notification(rows.notificationID(row, 5)),
                delivery: rows.isNull(row, 6) ? nil : rows.deliveryID(row, 6), channel: rows.text(row, 2),
                receivedAt: rows.timestamp(row, 1), report: rows.blob(row, 8))
        }
        return inOrder ? reports.sorted { $0.id < $1.id } : reports
    }
}
