import Glibc
import Synchronization

/// A server on a loopback port that does to each connection what its script says, on a thread of its own.
final class ScriptedServer: Sendable {
    enum Step: Sendable {
        /// Reads one whole request: its header, and as much body as Content-Length says.
        case read
        case write(String)
        /// Writes one byte at a time.
        case dribble(String)
        /// Leaves the connection open until the test ends it.
        case hang
    }

    let port: UInt16
    private let listener: Int32
    private let state = Mutex<(requests: [String], connections: [Int32])>(([], []))

    /// - Parameter script: the steps for each connection, by its number; it is closed after them.
    init(_ script: @escaping @Sendable (Int) -> [Step]) {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = bind(listener, address, length)
                _ = listen(listener, 512)
                _ = getsockname(listener, address, &length)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        Self.detach { self.acceptAll(script) }
    }

    var url: String { "http://127.0.0.1:\(port)" }
    /// Every request that arrived whole, in order.
    var requests: [String] { state.withLock { $0.requests } }
    var connectionCount: Int { state.withLock { $0.connections.count } }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for connection in state.withLock({ $0.connections }) { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    private func acceptAll(_ script: @escaping @Sendable (Int) -> [Step]) {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let number = state.withLock { state in
                state.connections.append(connection)
                return state.connections.count - 1
            }
            Self.detach { self.play(script(number), connection) }
        }
    }

    private func play(_ steps: [Step], _ connection: Int32) {
        for step in steps {
            switch step {
            case .read:
                guard let request = Self.readRequest(connection) else { break }
                state.withLock { $0.requests.append(request) }
            case .write(let text): Self.send(Array(text.utf8), connection)
            case .dribble(let text): for byte in text.utf8 { Self.send([byte], connection) }
            case .hang:
                var byte: UInt8 = 0
                while recv(connection, &byte, 1, 0) > 0 {}
            }
        }
        shutdown(connection, Int32(SHUT_RDWR))
    }

    private static func send(_ bytes: [UInt8], _ connection: Int32) {
        _ = Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private static func readRequest(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard recv(connection, &byte, 1, 0) == 1 else { return nil }
            bytes.append(byte)
        }
        let head = String(decoding: bytes, as: UTF8.self)
        let length =
            head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
            .flatMap { Int($0.dropFirst(16)) } ?? 0
        for _ in 0..<length {
            guard recv(connection, &byte, 1, 0) == 1 else { return nil }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private static func detach(_ run: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(Body(run)).toOpaque())
        pthread_detach(thread)
    }
}
