import ChannelSDK
public import Pipeline

extension PostgresStore {
    public func graphs() async throws(StoreError) -> [StoredGraph] {
        try await perform([GraphStatements.all()]) { answers in
            let rows = answers[0]
            return rows.indices.compactMap { row in
                StoredGraph(
                    channel: rows.text(row, 0), module: rows.text(row, 1), version: rows.int(row, 2),
                    text: rows.text(row, 3))
            }
        }
    }

    public func keep(_ graphs: [StoredGraph]) async throws(StoreError) {
        guard !graphs.isEmpty else { return }
        let keep = GraphStatements.keep {
            $0.add(graphs) { $0.channel }
            $0.add(graphs) { Int64($0.order.version) }
            $0.add(graphs) { $0.module }
            $0.add(graphs) { $0.text }
        }
        try await perform([keep])
    }
}

private enum GraphStatements {
    static let all = Statement(
        "graphs", "SELECT channel, module, version, statuses FROM graphs ORDER BY channel, version")

    static let keep = Statement(
        "keep_graphs",
        """
        INSERT INTO graphs (channel, version, module, statuses)
        SELECT * FROM unnest($1::text[], $2::int8[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING
        """)
}
