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

    private final class Record: Sendable {
        let requests = Mutex<[String]>([])
    }

    private let listener: LoopbackListener
    private let record = Record()

    /// - Parameter script: the steps for each connection, by its number; it is closed after them.
    init(_ script: @escaping @Sendable (Int) -> [Step]) {
        let record = record
        listener = LoopbackListener { number, connection in Self.play(script(number), connection, record) }
    }

    var port: UInt16 { listener.port }
    var url: String { "http://127.0.0.1:\(port)" }
    /// Every request that arrived whole, in order.
    var requests: [String] { record.requests.withLock { $0 } }
    var connectionCount: Int { listener.connectionCount }

    func stop() { listener.stop() }

    private static func play(_ steps: [Step], _ connection: Int32, _ record: Record) {
        for step in steps {
            switch step {
            case .read:
                guard let request = readRequest(connection) else { break }
                record.requests.withLock { $0.append(request) }
            case .write(let text): LoopbackListener.send(Array(text.utf8), connection)
            case .dribble(let text): for byte in text.utf8 { LoopbackListener.send([byte], connection) }
            case .hang: LoopbackListener.hang(connection)
            }
        }
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
}
