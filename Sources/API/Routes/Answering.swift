import Accounts
import ChannelSDK
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// ChannelSDK has an `HTTPResponse` of its own.
typealias HTTPStatus = HTTPTypes.HTTPResponse.Status

/// Runs a handler; whatever it throws becomes a problem document, so that nothing a client sends makes a bare 500.
func answering(_ handler: () async throws -> Response) async -> Response {
    do {
        return try await handler()
    } catch let problem as ProblemDetails {
        return problem.response
    } catch let error as HTTPError where error.status == .contentTooLarge {
        return ProblemDetails(.contentTooLarge, "The body is too large").response
    } catch is LogError, is StoreError {
        return ProblemDetails(.serviceUnavailable, "Storage is not available", retryAfter: 1).response
    } catch {
        return ProblemDetails(.badRequest, "The request could not be read").response
    }
}

func collect(_ request: Request, upTo limit: Int) async throws -> ByteBuffer {
    // What is too large by its own word is not waited for.
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
        throw ProblemDetails(.contentTooLarge, "The body is too large", detail: "at most \(limit) bytes are taken")
    }
    do {
        return try await request.body.collect(upTo: limit)
    } catch is NIOTooManyBytesError {
        throw ProblemDetails(.contentTooLarge, "The body is too large", detail: "at most \(limit) bytes are taken")
    }
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
}
