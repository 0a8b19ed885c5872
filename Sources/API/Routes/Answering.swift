import Accounts
import ChannelSDK
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Pipeline

/// ChannelSDK has an `HTTPResponse` of its own.
typealias HTTPStatus = HTTPTypes.HTTPResponse.Status

/// Runs a handler; whatever it throws becomes a problem document. What nobody thought of is the host's fault: the log says
/// at which route and of what kind it is, and not its text, which may have parts of the request in it.
func answering(_ route: APIRoute, _ logger: Logger, _ handler: () async throws -> Response) async -> Response {
    func log(_ message: Logger.Message, _ reason: String) {
        logger.error(
            message,
            metadata: ["method": "\(route.method.rawValue)", "path": "\(route.path)", "reason": "\(reason)"])
    }
    do {
        return try await handler()
    } catch let problem as ProblemDetails {
        return problem.response
    } catch is CancellationError {
        return ProblemDetails.unreadable.response
    } catch StoreError.failed(let reason) {
        log("a request failed: the store reports what a repeat would not mend", reason)
        return ProblemDetails.failed.response
    } catch is LogError, is StoreError {
        return ProblemDetails(.serviceUnavailable, "Storage is not available", retryAfter: 1).response
    } catch {
        log("a request failed: this is a mistake in the program", String(reflecting: type(of: error)))
        return ProblemDetails.failed.response
    }
}

/// The whole body of a request that is small.
func collect(_ request: Request, upTo limit: Int) async throws(ProblemDetails) -> ByteBuffer {
    try await collect(request, upTo: limit) { _ in true }
}

extension APIDependencies {
    /// The whole body of a request that may be large: it counts among those that are held in memory.
    func collect(_ request: Request, upTo limit: Int) async throws(ProblemDetails) -> CollectedBody {
        var share: BodyBudget.Share?
        let buffer = try await API.collect(request, upTo: limit) { size in
            guard size > BodyBudget.free else { return true }
            let own = share ?? bodies.share()
            share = own
            return own.grow(to: size - BodyBudget.free, limit: limits.maxBodiesInMemory)
        }
        return CollectedBody(buffer: buffer, share: share)
    }
}

/// - Parameter mayGrow: asked with the size that the body has as far as it has come, before that is kept.
private func collect(
    _ request: Request, upTo limit: Int, mayGrow: (Int) -> Bool
) async throws(ProblemDetails) -> ByteBuffer {
    let tooLarge = ProblemDetails(
        .contentTooLarge, "The body is too large", detail: "at most \(limit) bytes are taken")
    // What is too large by its own word is not waited for.
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
    var body = ByteBuffer()
    do {
        for try await var chunk in request.body {
            let size = body.readableBytes + chunk.readableBytes
            guard size <= limit else { throw tooLarge }
            guard mayGrow(size) else { throw ProblemDetails.tooMuchAtOnce }
            if body.readableBytes == 0 { body = chunk } else { body.writeBuffer(&chunk) }
        }
    } catch let problem as ProblemDetails {
        throw problem
    } catch {
        throw .unreadable
    }
    return body
}

func requireJSON(_ request: Request, orLines: Bool = false) throws {
    if request.headers[.contentType] == "application/json" { return }
    let type = request.headers[.contentType]?.split(separator: ";").first?.lowercased() ?? ""
    if type == "application/json" || orLines && ["application/x-ndjson", "application/jsonl"].contains(type) { return }
    let wanted = orLines ? "application/json or application/x-ndjson" : "application/json"
    throw ProblemDetails(.unsupportedMediaType, "The content type is not \(wanted)")
}

extension APIDependencies {
    /// The notification, or the problem that says why it can't be shown. What belongs to somebody else's account is
    /// looked for as long as what does not exist, and the answer is the same.
    /// - Parameter scope: what `principal` must be allowed to do in the account that the notification belongs to.
    func find(_ id: NotificationID, for principal: Principal, _ scope: Scope) async throws -> NotificationView {
        switch try await finder.find(id, where: { principal.may(scope, in: $0.state.account) }) {
        case .found(let view): return view
        case .unknown: throw ProblemDetails.notFound
        case .notProjectedYet:
            throw ProblemDetails(
                .serviceUnavailable, "Not known yet",
                detail: "the store is behind: whether there is such a notification can't be told yet", retryAfter: 1)
        }
    }

    /// The whole notification.
    func response(_ view: NotificationView) -> Response {
        var json = JSONWriter()
        view.write(to: &json, laws: laws, now: clock.now(), obstacle: obstacle)
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }
}
