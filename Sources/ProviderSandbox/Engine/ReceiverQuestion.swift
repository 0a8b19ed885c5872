import NIOCore
import NIOHTTP1
import NIOPosix

/// A GET whose whole answer is of interest, on a connection of its own: for what a provider asks a receiver once.
struct ReceiverQuestion: Sendable {
    struct Answer: Sendable, Hashable {
        var status: Int
        var body: String
    }

    struct NoAnswer: Error {}

    private let receiver: CallbackURL.Receiver
    private let head: HTTPRequestHead

    /// - Parameter query: encoded; added to that of `url`.
    init(_ url: CallbackURL, query: String, userAgent: String) {
        receiver = url.receiver
        let target = url.target + (url.target.contains("?") ? "&" : "?") + query
        head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: target,
            headers: ["Host": url.authority, "User-Agent": userAgent, "Accept": "*/*", "Connection": "close"])
    }

    /// - Parameter limit: from the start of connecting to the end of the answer.
    func ask(on eventLoop: any EventLoop, within limit: TimeAmount = .seconds(10)) async throws -> Answer {
        let answer = eventLoop.makePromise(of: Answer.self)
        let connected = ClientBootstrap(group: eventLoop).connectTimeout(limit)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(AnswerCollector(answer))
                }
            }
            .connect(host: receiver.host, port: receiver.port)
        connected.whenFailure { answer.fail($0) }
        connected.whenSuccess { [head] channel in
            let expiry = channel.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
            channel.closeFuture.whenComplete { _ in expiry.cancel() }
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        }
        return try await answer.futureResult.get()
    }
}

private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private static let longestBody = 65_536

    private let promise: EventLoopPromise<ReceiverQuestion.Answer>
    private var status = 0
    private var body = ByteBuffer()

    init(_ promise: EventLoopPromise<ReceiverQuestion.Answer>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(var bytes):
            body.writeBuffer(&bytes)
            if body.readableBytes > Self.longestBody { context.close(promise: nil) }
        case .end:
            promise.succeed(ReceiverQuestion.Answer(status: status, body: String(buffer: body)))
            context.close(promise: nil)
        }
    }

    /// Later than the end of an answer it changes nothing.
    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ReceiverQuestion.NoAnswer())
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
