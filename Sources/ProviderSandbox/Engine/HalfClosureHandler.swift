import NIOCore

/// Closes a connection as soon as its client has closed its side: nobody waits any longer for the answer that a held
/// request never gets.
final class HalfClosureHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }
}
