import ChannelSDK
import GRDB
public import Pipeline

extension SQLiteStore {
    public func graphs() async throws(StoreError) -> [StoredGraph] {
        try await read { database in
            var graphs: [StoredGraph] = []
            try RawStatement(
                database, "SELECT channel, module, version, statuses FROM graphs ORDER BY channel, version"
            ).forEach { row in
                let graph = StoredGraph(
                    channel: row.text(0), module: row.text(1), version: row.int(2), text: row.text(3))
                if let graph { graphs.append(graph) }
            }
            return graphs
        }
    }

    public func keep(_ graphs: [StoredGraph]) async throws(StoreError) {
        guard !graphs.isEmpty else { return }
        try await write { session in
            let insert = try session.statement(
                "INSERT INTO graphs (channel, version, module, statuses) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
            for graph in graphs {
                insert.bind(1, graph.channel)
                insert.bind(2, graph.order.version)
                insert.bind(3, graph.module)
                insert.bind(4, graph.text)
                try insert.run()
            }
        }
    }
}
