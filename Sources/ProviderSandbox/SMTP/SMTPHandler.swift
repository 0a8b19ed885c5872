import NIOCore
import NIOSSL

/// One client's connection: it lives on its event loop.
final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let longestLine = 65_536

    private let server: SMTPServer
    private var session: SMTPSession
    /// What came and is not a whole line yet, or waits for the answer to a mail.
    private var pending = ByteBuffer()
    /// While a mail's answer is awaited, nothing more is read.
    private var isWaiting = false

    init(server: SMTPServer) {
        self.server = server
        session = SMTPSession(settings: server.settings)
    }

    func channelActive(context: ChannelHandlerContext) {
        reply(SMTPSession.greeting, context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        pending.writeBuffer(&bytes)
        readLines(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func readLines(_ context: ChannelHandlerContext) {
        while !isWaiting, let line = nextLine() {
            perform(session.receive(line), context)
        }
        pending.discardReadBytes()
        guard !isWaiting, pending.readableBytes > Self.longestLine else { return }
        reply("500 5.5.2 The line is too long", context)
        context.close(promise: nil)
    }

    private func nextLine() -> String? {
        guard let end = pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        var line = pending.readableBytesView[..<end]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self)
        pending.moveReaderIndex(to: end + 1)
        return text
    }

    private func perform(_ action: SMTPSession.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .none: break
        case .reply(let text): reply(text, context)
        case .quit(let text):
            reply(text, context)
            context.close(promise: nil)
        case .startTLS(let text):
            reply(text, context)
            // What came behind the command came without TLS: it is not the client's word.
            pending.clear()
            do {
                let handler = NIOSSLServerHandler(context: server.tls)
                try context.pipeline.syncOperations.addHandler(handler, position: .first)
            } catch {
                context.close(promise: nil)
            }
        case .deliver(let mail): deliver(mail, context)
        }
    }

    private func deliver(_ mail: SMTPSession.Mail, _ context: ChannelHandlerContext) {
        let (ending, delay) = server.take(mail)
        isWaiting = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: delay) { bound.value.0.end(ending, bound.value.1) }
    }

    private func end(_ ending: SMTPServer.Ending, _ context: ChannelHandlerContext) {
        switch ending {
        case .reply(let text):
            isWaiting = false
            reply(text, context)
            readLines(context)
        case .goodbye(let text):
            reply(text, context)
            context.close(promise: nil)
        case .close: context.close(promise: nil)
        // The client waits until it has enough, or until the sandbox ends.
        case .silence: break
        }
    }

    private func reply(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
    }
}
