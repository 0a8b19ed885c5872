import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Stands between the HTTP decoder and the server: a request that is no HTTP, that is too large in its head, or that
/// does not get finished in time is told so where that is possible, and its connection is closed. So is a connection whose
/// caller takes nothing of its answer.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A request has begun to come, and its end has not.
    private var isIncomplete = false
    private let limits: APILimits
    private var timer: RequestTimer?
    private var alarm: (task: Scheduled<Void>, due: NIODeadline)?
    private var isClosing = false
    /// While an answer waits to be taken.
    private var stall: WriteStall?

    init(limits: APILimits) { self.limits = limits }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        // To who reads its body, the end of the connection would look like the end of the body.
        if isIncomplete { context.fireErrorCaught(ChannelError.inputClosed) }
        context.fireChannelInactive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        timer = RequestTimer(
            headTime: TimeAmount(limits.headTime), bodyTime: TimeAmount(limits.bodyTime),
            idleTime: TimeAmount(limits.idleTime), now: context.eventLoop.now)
        setAlarm(context)
    }

    private func end() {
        alarm?.task.cancel()
        alarm = nil
    }

    // MARK: Time

    /// One alarm at a time, set anew when it has rung, or when it would ring too late: as a rule a request costs no timer
    /// of its own.
    private func setAlarm(_ context: ChannelHandlerContext) {
        guard let deadline = [timer?.deadline, stall?.deadline].compactMap(\.self).min() else { return }
        if let alarm, alarm.due <= deadline { return }
        end()
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let own = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        let task = context.value.eventLoop.scheduleTask(deadline: deadline) { own.value.alarmRang(context.value) }
        alarm = (task, deadline)
    }

    private func alarmRang(_ context: ChannelHandlerContext) {
        alarm = nil
        let now = context.eventLoop.now
        if stall?.isOver(at: now, pending: pending(context)) == true { return close(context) }
        guard let deadline = timer?.deadline, now >= deadline else { return setAlarm(context) }
        guard timer?.isExpected == true else { return close(context) }
        let problem = ProblemDetails(
            .requestTimeout, "Too slow", detail: "the request was not complete in time: send it again")
        refuse(context, problem)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall =
            context.channel.isWritable
            ? nil : WriteStall(time: TimeAmount(limits.idleTime), now: context.eventLoop.now, pending: pending(context))
        setAlarm(context)
        context.fireChannelWritabilityChanged()
    }

    /// Bytes that the caller has not taken.
    private func pending(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    // MARK: Parts

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head:
            isIncomplete = true
            timer?.headCame(at: context.eventLoop.now)
            setAlarm(context)
        case .body: break
        case .end:
            isIncomplete = false
            timer?.requestEnded(at: context.eventLoop.now)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosing else { return promise?.fail(ChannelError.ioOnClosedChannel) ?? () }
        switch unwrapOutboundIn(data) {
        case .head: timer?.answerBegan()
        case .body: break
        case .end:
            timer?.answerEnded(at: context.eventLoop.now)
            setAlarm(context)
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        refuse(context, problem(error))
    }

    private func problem(_ error: HTTPParserError) -> ProblemDetails {
        switch error {
        case .headerOverflow:
            ProblemDetails(
                .requestHeaderFieldsTooLarge, "The head of the request is too large",
                detail: "at most \(limits.maxHeaderFields) header fields and \(limits.maxHeaderBytes) bytes are taken")
        default: ProblemDetails(.badRequest, "This is not an HTTP request", detail: "\(error)")
        }
    }

    // MARK: Closing

    private func close(_ context: ChannelHandlerContext) {
        isClosing = true
        context.close(promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext, _ problem: ProblemDetails) {
        guard !isClosing else { return }
        guard timer?.mayAnswer == true else { return close(context) }
        isClosing = true
        let (status, body) = (problem.status, problem.body)
        let head = HTTPTypes.HTTPResponse(
            status: status,
            headerFields: [
                .contentType: "application/problem+json", .contentLength: String(body.readableBytes),
                .connection: "close",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.value.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in context.value.close(promise: nil) }
    }
}
