import CLibcurl
import Glibc

/// A mail server that takes everything and keeps nothing, on one thread: as little work for each mail as the protocol
/// allows, so that whoever sends is what is measured. Runs until it is killed.
struct MailSink {
    private struct Client {
        var pending: [UInt8] = []
        /// Between the 354 and the dot that ends the mail.
        var isInMessage = false
    }

    private static let endOfMessage = Array("\r\n.\r\n".utf8)

    private let poll: Int32
    private let listener: Int32
    private var clients: [Int32: Client] = [:]
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// Prints its port, on a line.
    static func run() throws {
        var sink = try MailSink()
        print(try sink.port())
        fflush(nil)
        sink.serve()
    }

    private init() throws {
        poll = epoll_create1(Int32(EPOLL_CLOEXEC))
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isBound, listen(listener, 512) == 0 else { throw BackendRates.Failure("the mail sink can't listen") }
        watch(listener)
    }

    private func port() throws -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isKnown = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) == 0 }
        }
        guard isKnown else { throw BackendRates.Failure("the mail sink has no port") }
        return UInt16(bigEndian: address.sin_port)
    }

    private func watch(_ socket: Int32) {
        var event = epoll_event()
        event.data.fd = socket
        event.events = UInt32(EPOLLIN.rawValue)
        epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event)
    }

    private mutating func serve() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(poll, &events, Int32(events.count), -1)
            for event in events.prefix(max(0, Int(count))) {
                if event.data.fd == listener { welcome() } else { read(event.data.fd) }
            }
        }
    }

    private mutating func welcome() {
        let socket = accept(listener, nil, nil)
        guard socket >= 0 else { return }
        var one: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        clients[socket] = Client()
        watch(socket)
        say("220 sink ESMTP", to: socket)
    }

    private mutating func read(_ socket: Int32) {
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0, var client = clients.removeValue(forKey: socket) else { return forget(socket) }
        client.pending += buffer[..<count]
        while let reply = Self.reply(&client) {
            say(reply, to: socket)
            if reply.hasPrefix("221") { return forget(socket) }
        }
        clients[socket] = client
    }

    /// The reply to what is whole; nil when more has to come.
    private static func reply(_ client: inout Client) -> String? {
        if client.isInMessage {
            // A client that waits for its reply sends nothing behind the dot.
            guard client.pending.suffix(endOfMessage.count).elementsEqual(endOfMessage) else { return nil }
            client.pending.removeAll(keepingCapacity: true)
            client.isInMessage = false
            return "250 2.0.0 Ok: queued as 0123456789"
        }
        guard let end = client.pending.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let verb = client.pending.prefix(4).map { $0 & 0xDF }
        client.pending.removeSubrange(...end)
        switch verb {
        case Array("EHLO".utf8): return "250-sink\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES"
        case Array("DATA".utf8):
            client.isInMessage = true
            return "354 Go ahead"
        case Array("QUIT".utf8): return "221 2.0.0 Bye"
        default: return "250 2.0.0 Ok"
        }
    }

    private mutating func forget(_ socket: Int32) {
        clients[socket] = nil
        close(socket)
    }

    private func say(_ text: String, to socket: Int32) {
        var line = text + "\r\n"
        line.withUTF8 { _ = send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
}
