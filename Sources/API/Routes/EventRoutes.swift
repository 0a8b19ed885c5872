import ChannelSDK
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline
import Synchronization

/// `/events`: status changes as they come, as server-sent events. The id of an event is its place in the log, so that
/// a consumer that comes back with `Last-Event-ID` misses nothing.
struct EventRoutes: Sendable {
    let api: APIDependencies
    private let streams = StreamCount()

    init(api: APIDependencies) { self.api = api }

    func add(to router: Router<APIContext>) {
        router.get("/events") { request, _ in await answering { try await open(request) } }
    }

    private func open(_ request: Request) async throws -> Response {
        let cursor =
            (request.headers[.init("Last-Event-ID")!] ?? request.uri.queryParameters.get("lastEventId"))
            .map { LogCursor(String($0)) }
        let first = try await page(after: cursor, wait: .zero)
        guard streams.begin(limit: api.limits.maxEventStreams) else {
            throw ProblemDetails(
                .serviceUnavailable, "Too many event streams",
                detail: "at most \(api.limits.maxEventStreams) at a time", retryAfter: 5)
        }
        let streams = streams
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: .init { writer in
                defer { streams.end() }
                try await stream(from: first, to: &writer)
                try await writer.finish(nil)
            })
    }

    /// A page at a time, and the next one only when the consumer has taken this one: a slow consumer costs one page.
    private func stream(from first: LogPage, to writer: inout any ResponseBodyWriter) async throws {
        var page = first
        try await writer.write(ByteBuffer(string: ": switchboard\nretry: 2000\n\n"))
        var idleTurns = 0
        while true {
            idleTurns = page.items.isEmpty ? idleTurns + 1 : 0
            if !page.items.isEmpty { try await writer.write(render(page)) }
            if idleTurns % 10 == 9 { try await writer.write(ByteBuffer(string: ": still here\n\n")) }
            guard api.health.isReady() else { return }
            // Short waits, so that a shutdown is noticed soon.
            page = try await self.page(after: page.next, wait: .seconds(1))
        }
    }

    private func page(after cursor: LogCursor?, wait: Duration) async throws -> LogPage {
        do {
            return try await api.log.read(.statusChange, after: cursor, limit: 500, wait: wait)
        } catch LogError.cursorTooOld {
            throw ProblemDetails(
                .gone, "Too old", detail: "events after this id are no longer kept: begin again without Last-Event-ID")
        } catch LogError.badCursor {
            throw ProblemDetails(.badRequest, "Last-Event-ID is not an id of an event")
        } catch {
            throw ProblemDetails(.serviceUnavailable, "The log can't be read", retryAfter: 1)
        }
    }

    private func render(_ page: LogPage) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(page.items.count * 512)
        for item in page.items where belongs(item.record) {
            buffer.writeString("id: \(item.cursor)\nevent: \(Topic.statusChange)\ndata: ")
            buffer.writeBytes(item.record.value)
            buffer.writeString("\n\n")
        }
        return buffer
    }

    /// One account sees all for now; with accounts, each sees its own.
    private func belongs(_ record: LogRecord) -> Bool { true }
}

private final class StreamCount: Sendable {
    private let open = Mutex(0)

    func begin(limit: Int) -> Bool {
        open.withLock { open in
            guard open < limit else { return false }
            open += 1
            return true
        }
    }

    func end() { open.withLock { $0 -= 1 } }
}
