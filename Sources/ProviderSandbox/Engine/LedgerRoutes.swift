import Hummingbird
import NIOCore

/// `/ledger`: what the sandbox was asked, took and reported.
struct LedgerRoutes: Sendable {
    let ledger: Ledger
    /// Forgets whatever else is kept about the messages.
    let reset: @Sendable () -> Void

    private static let entriesPerChunk = 256

    func add(to router: Router<SandboxContext>) {
        router.get("ledger") { request, _ in try list(request) }
        router.get("ledger/summary") { _, _ in
            var buffer = ByteBuffer()
            buffer.writeJSON(ledger.summary)
            return Response.json(buffer)
        }
        router.delete("ledger") { _, _ in
            ledger.reset()
            reset()
            return Response(status: .noContent)
        }
    }

    /// `?after=N&limit=M`: the entries behind position N, streamed; `next` is the N of the next page, null on the last.
    private func list(_ request: Request) throws -> Response {
        let after = try number("after", in: request) ?? 0
        let limit = try number("limit", in: request) ?? .max
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody { writer in
                try await write(after: after, limit: limit, to: &writer)
                try await writer.finish(nil)
            })
    }

    private func write(after: Int, limit: Int, to writer: inout some ResponseBodyWriter) async throws {
        var buffer = ByteBuffer(string: "{\"messages\":[\n")
        var position = after
        var isLast = false
        while !isLast && position - after < limit {
            // One entry more than is written tells whether there is another page.
            let wanted = min(Self.entriesPerChunk, limit - (position - after))
            let entries = ledger.entries(after: position, limit: wanted + 1)
            isLast = entries.count <= wanted
            for entry in entries.prefix(wanted) {
                if position > after { buffer.writeStaticString(",\n") }
                position += 1
                buffer.writeJSON(entry, position: position)
            }
            try await writer.write(buffer)
            buffer.clear()
        }
        buffer.writeString("\n],\"next\":\(isLast || limit == 0 ? "null" : "\(position)")}\n")
        try await writer.write(buffer)
    }

    private func number(_ name: String, in request: Request) throws -> Int? {
        guard let text = request.uri.queryParameters[Substring(name)] else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw HTTPError(.badRequest, message: "\(name): a whole number from 0 is expected, not \(text)")
        }
        return number
    }
}
