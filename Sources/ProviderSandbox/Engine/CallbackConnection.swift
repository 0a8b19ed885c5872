import NIOCore

/// One connection to a receiver of callbacks: one request at a time, answered before the next is sent.
final class CallbackConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let line: ReceiverLine
    /// The callbacks whose request waits for its answer, and since when.
    private(set) var current: (callbacks: [Callback], since: NIODeadline)?
    private let dispatcher: CallbackDispatcher
    private var context: ChannelHandlerContext?
    private var reader = ResponseReader()
    /// Written anew for each request: its storage is used again.
    private var request = ByteBuffer()

    init(in line: ReceiverLine, of dispatcher: CallbackDispatcher) {
        self.line = line
        self.dispatcher = dispatcher
    }

    /// - Parameter callbacks: one; or several of one ``BatchWebhook``.
    func send(_ callbacks: [Callback], at now: NIODeadline) {
        guard let context, let first = callbacks.first else { return }
        current = (callbacks, now)
        request.clear()
        if callbacks.count > 1, let webhook = first.source.batch?.webhook {
            webhook.writeRequest(callbacks.compactMap { $0.source.batch?.event(step: $0.step) }, into: &request)
        } else {
            first.source.writeRequest(step: first.step, into: &request)
        }
        context.writeAndFlush(wrapOutboundOut(request), promise: nil)
    }

    func close() {
        context?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        dispatcher.opened(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        // An answer that nobody asked for, or that is none: the two sides no longer agree on what comes next.
        guard let callbacks = current?.callbacks else { return close() }
        do {
            guard let response = try reader.read(&bytes) else { return }
            current = nil
            dispatcher.answered(callbacks, with: response, on: self)
        } catch {
            close()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let unanswered = current?.callbacks ?? []
        current = nil
        dispatcher.closed(self, unanswered: unanswered)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
