import Accounts
import ChannelSDK
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// `/events`: status changes as they come, as server-sent events. The id of an event is its place in the log, so that
/// a consumer that comes back with `Last-Event-ID` misses nothing.
///
/// Everybody sees what happens in the own account; who may read events in every account sees all of them. A stream ends
/// when its credentials do.
struct EventRoutes: Sendable {
    let api: APIDependencies
    private let authenticator: Authenticator
    private let streams: EventStreamCount

    init(api: APIDependencies) {
        self.api = api
        authenticator = Authenticator(api)
        streams = api.eventStreams
    }

    func add(to router: APIRouter) {
        router.on(.get, "/events", demanding: .scope(.readEvents), answersHead: false) { request, _, reader in
            try await open(request, for: reader)
        }
    }

    func open(_ request: Request, for reader: Principal) async throws -> Response {
        // No id of ours is longer.
        let parameters = QueryParameters(request, upTo: ["lastEventId": 200])
        try parameters.check()
        let header = request.headers[.init("Last-Event-ID")!]
        guard header.map({ (1...200).contains($0.utf8.count) }) ?? true else {
            throw ProblemDetails(.badRequest, "Last-Event-ID is not an id of an event")
        }
        // Of two the header's is the newer one: a browser sends it when it comes back.
        let words = [header, parameters["lastEventId"]].compactMap { $0 }
        let first = try await page(after: words.first.map { LogCursor($0) }, wait: .zero)
        let place = try place(for: reader)
        let credentials = request.authorization
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: .init { writer in
                // Held as long as the answer is, be it written or not: where the connection is gone already, this never runs.
                defer { withExtendedLifetime(place) {} }
                try await stream(from: first, to: &writer, credentials)
                try await writer.finish(nil)
            })
    }

    private func place(for reader: Principal) throws(ProblemDetails) -> EventStreamCount.Place {
        let perAccount = api.accounts == nil ? nil : api.limits.maxAccountEventStreams
        do throws(EventStreamCount.Refusal) {
            return try streams.begin(account: reader.account, limit: api.limits.maxEventStreams, perAccount: perAccount)
        } catch {
            let whose = if case .ofAccount = error { "of an account " } else { "" }
            throw ProblemDetails(
                .serviceUnavailable, "Too many event streams", detail: "at most \(error.limit) \(whose)at a time",
                retryAfter: 5)
        }
    }

    /// A page at a time, and the next one only when the consumer has taken this one: a slow consumer costs one page.
    private func stream(
        from first: LogPage, to writer: inout any ResponseBodyWriter, _ credentials: String?
    ) async throws {
        var page = first
        try await writer.write(ByteBuffer(string: ": switchboard\nretry: 2000\n\n"))
        var idleTurns = 0
        while let reader = try await authenticator.principal(authorization: credentials), reader.may(.readEvents) {
            idleTurns = page.items.isEmpty ? idleTurns + 1 : 0
            if !page.items.isEmpty { try await writer.write(render(page, for: reader)) }
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

    private func render(_ page: LogPage, for reader: Principal) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(page.items.count * 512)
        let seesAll = reader.may(.everyAccount)
        var isBehind = false
        for item in page.items {
            guard seesAll || account(of: item.record) == reader.account else {
                isBehind = true
                continue
            }
            isBehind = false
            buffer.writeString("id: \(item.cursor)\nevent: \(Topic.statusChange)\ndata: ")
            buffer.writeBytes(item.record.value)
            buffer.writeString("\n\n")
        }
        // An id without data moves on where the consumer will begin again: not behind what it does not see.
        if isBehind, let last = page.items.last { buffer.writeString("id: \(last.cursor)\n\n") }
        return buffer
    }

    /// Nil: it does not say, so that nobody but who sees all gets it.
    private func account(of record: LogRecord) -> String? {
        record.value.withUnsafeBytes { bytes in
            var account: String?
            var scanner = JSONScanner(bytes)
            do throws(JSONScanner.Problem) {
                try scanner.object { (scanner, key) throws(JSONScanner.Problem) in
                    if key == "account" { account = try scanner.string() } else { try scanner.skip() }
                }
            } catch {
                return nil
            }
            return account
        }
    }
}
