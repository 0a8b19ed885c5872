import Glibc
import Synchronization

/// Listens on a free loopback port and gives each connection to a thread of its own.
final class LoopbackListener: Sendable {
    let port: UInt16
    private let listener: Int32
    private let connections = Mutex<[Int32]>([])
    private let isStopped = Atomic(false)

    /// - Parameter serve: what to do with each connection, by its number; it is cut afterwards.
    init(_ serve: @escaping @Sendable (_ number: Int, _ connection: Int32) -> Void) {
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
        Self.detach { self.acceptAll(serve) }
    }

    var connectionCount: Int { connections.withLock { $0.count } }

    func stop() {
        // The listener's number may be another's by the second time.
        guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in connections.withLock({ $0 }) { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    /// The thread that accepts is the one that closes: else it could accept on a number that is another's by then.
    private func acceptAll(_ serve: @escaping @Sendable (Int, Int32) -> Void) {
        defer { close(listener) }
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let number = connections.withLock { connections in
                connections.append(connection)
                return connections.count - 1
            }
            Self.detach {
                serve(number, connection)
                shutdown(connection, Int32(SHUT_RDWR))
            }
        }
    }

    static func send(_ bytes: [UInt8], _ connection: Int32) {
        _ = Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Until the other side ends the connection, or the test does.
    static func hang(_ connection: Int32) {
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) > 0 {}
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
