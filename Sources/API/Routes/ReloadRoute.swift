import Accounts
public import ChannelSDK
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// What became of a reload.
public enum ReloadOutcome: Sendable, Hashable {
    public struct Change: Sendable, Hashable {
        /// Of the key, e.g. `channels.sms.concurrency`.
        public let path: String
        /// For people; nothing secret.
        public let text: String

        public init(path: String, text: String) {
            self.path = path
            self.text = text
        }
    }

    /// The host goes on with the file as it is now.
    case applied([Change], warnings: [String])
    /// The host goes on as before: the file can't be applied. Each problem's field is its place in the file.
    case refused([FieldProblem])
    /// The host goes on as before, for reasons of its own.
    case failed(String)
}

/// `/admin/reload`: the host reads its configuration anew and says what has changed. On every replica, whatever its roles:
/// each reads its own file.
struct ReloadRoute: Sendable {
    let api: APIDependencies

    func add(to router: APIRouter) {
        router.on(.post, "/admin/reload", demanding: .scope(.reloadConfiguration)) { _, _, _ in try await reload() }
    }

    private func reload() async throws -> Response {
        guard let reload = api.reload else {
            throw ProblemDetails(.notFound, "Not found", detail: "this host was started without a file")
        }
        switch await reload() {
        case .applied(let changes, let warnings): return answer(changes, warnings)
        case .refused(let problems):
            throw ProblemDetails(
                .unprocessableContent, "The configuration was not applied",
                detail: "the host goes on with the configuration that it has", errors: problems)
        case .failed(let reason):
            throw ProblemDetails(
                .serviceUnavailable, "The configuration was not applied", detail: reason, retryAfter: 1)
        }
    }

    private func answer(_ changes: [ReloadOutcome.Change], _ warnings: [String]) -> Response {
        var json = JSONWriter()
        json.object { json in
            json.member(
                "changes",
                array: { array in
                    for change in changes {
                        array.object { json in
                            json.member("path", change.path)
                            json.member("text", change.text)
                        }
                    }
                })
            json.member("warnings", warnings)
        }
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }
}
