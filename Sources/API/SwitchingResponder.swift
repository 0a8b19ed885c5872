public import Hummingbird
import Synchronization

/// Answers with whatever router is current: a request that has come is answered as a whole by the one that it came to.
public final class SwitchingResponder: HTTPResponder {
    public typealias Context = APIContext

    private let current: Mutex<RouterResponder<APIContext>>

    public init(_ router: APIRouter) { current = Mutex(router.buildResponder()) }

    public func change(to router: APIRouter) {
        let responder = router.buildResponder()
        current.withLock { $0 = responder }
    }

    public func respond(to request: Request, context: APIContext) async throws -> Response {
        try await current.withLock { $0 }.respond(to: request, context: context)
    }
}
