import ChannelSDK
import Glibc
import Synchronization

/// A mail server on a loopback port that takes every mail, but for what its script says otherwise.
final class ScriptedMailServer: Sendable {
    enum Answer: Sendable {
        /// What every mail server says here.
        case usual
        /// One reply or several lines of one, without the last line end.
        case say(String)
        /// Says it, and cuts the connection.
        case sayAndCut(String)
        case cut
        case hang
    }

    /// What came in: `connect` when somebody has connected, the command in capitals, `.` for a message.
    struct Moment: Sendable {
        /// The number of the connection.
        let connection: Int
        let command: String
        /// How many messages had come over this connection before.
        let taken: Int
    }

    private final class Record: Sendable {
        let commands = Mutex<[String]>([])
        let messages = Mutex<[[UInt8]]>([])
    }

    private let listener: LoopbackListener
    private let record = Record()

    init(_ script: @escaping @Sendable (Moment) -> Answer = { _ in .usual }) {
        let record = record
        listener = LoopbackListener { number, connection in
            Conversation(number: number, connection: connection, script: script, record: record).run()
        }
    }

    var server: SMTPServer { SMTPServer(host: "127.0.0.1", port: Int(listener.port), security: .none) }
    /// All commands of all connections, whole.
    var commands: [String] { record.commands.withLock { $0 } }
    /// All messages with their last dot, as they came.
    var messages: [String] { record.messages.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }
    var connectionCount: Int { listener.connectionCount }

    func stop() { listener.stop() }

    private struct Conversation {
        let number: Int
        let connection: Int32
        let script: @Sendable (Moment) -> Answer
        let record: Record

        func run() {
            var taken = 0
            guard answer("connect", taken, usual: "220 mx.example ESMTP") else { return }
            while let line = read(until: "\r\n") {
                let command = String(decoding: line.dropLast(2), as: UTF8.self)
                record.commands.withLock { $0.append(command) }
                let word = command.prefix { $0 != " " }.uppercased()
                guard answer(word, taken, usual: usual(word)) else { return }
                guard word == "DATA", let message = read(until: "\r\n.\r\n") else { continue }
                record.messages.withLock { $0.append(message) }
                guard answer(".", taken, usual: "250 2.0.0 Ok: queued as Q\(number)-\(taken)") else { return }
                taken += 1
            }
        }

        private func usual(_ word: String) -> String {
            switch word {
            case "EHLO": "250-mx.example\r\n250-SIZE 1000000\r\n250 AUTH PLAIN LOGIN CRAM-MD5"
            case "DATA": "354 go on"
            case "QUIT": "221 bye"
            default: "250 OK"
            }
        }

        /// False when the connection is over, or no message follows DATA.
        private func answer(_ word: String, _ taken: Int, usual: String) -> Bool {
            switch script(Moment(connection: number, command: word, taken: taken)) {
            case .usual: say(usual)
            case .say(let reply):
                say(reply)
                return word != "DATA"
            case .sayAndCut(let reply):
                say(reply)
                return false
            case .cut: return false
            case .hang:
                LoopbackListener.hang(connection)
                return false
            }
            return true
        }

        private func say(_ reply: String) { LoopbackListener.send(Array("\(reply)\r\n".utf8), connection) }

        private func read(until end: String) -> [UInt8]? {
            var bytes: [UInt8] = []
            var byte: UInt8 = 0
            while !bytes.suffix(end.utf8.count).elementsEqual(end.utf8) {
                guard recv(connection, &byte, 1, 0) == 1 else { return nil }
                bytes.append(byte)
            }
            return bytes
        }
    }
}
