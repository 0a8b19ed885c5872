import Hummingbird
import HTTPTypes
import NIOCore
import ServiceLifecycle

/// A request's context, with the connection that it came on: some faults happen to connections.
struct SandboxContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Closes the connection without an answer.
    func closeConnection() async -> Response {
        try? await channel.close()
        // It is written to nobody.
        return Response(status: .internalServerError)
    }

    /// Never answers: returns when the client has gone or the sandbox shuts down.
    func holdConnection() async -> Response {
        await withGracefulShutdownHandler {
            try? await channel.closeFuture.get()
        } onGracefulShutdown: {
            channel.close(promise: nil)
        }
        return Response(status: .internalServerError)
    }
}

extension Response {
    static func json(status: HTTPResponse.Status = .ok, _ body: ByteBuffer) -> Response {
        Response(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
    }

    static func text(_ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
