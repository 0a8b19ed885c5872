import Foundation
import KafkaLog
import Logging
import Synchronization

/// A cluster in memory of the test's own, which can be made to fail. Its program lies beside the tests.
final class PrivateCluster: Sendable {
    struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    private struct Pipes {
        let input: FileHandle
        let output: FileHandle
        let process: Process
    }

    let configuration: KafkaLog.Configuration
    private let pipes: Mutex<Pipes>

    init(deliveryTimeout: Duration = .seconds(20)) throws {
        let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let program = [folder, folder.appending(path: ".build/debug"), URL(filePath: ".build/debug")]
            .map { $0.appending(path: "mock-broker") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        guard let program else { throw Trouble(description: "mock-broker is missing: swift build --build-tests") }
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = program
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let pipes = Pipes(
            input: input.fileHandleForWriting, output: output.fileHandleForReading, process: process)
        let servers = try Self.line(from: pipes)
        self.pipes = Mutex(pipes)
        configuration = KafkaLog.Configuration(
            bootstrapServers: servers, partitions: 4,
            properties: [
                "session.timeout.ms": "6000", "heartbeat.interval.ms": "500", "reconnect.backoff.max.ms": "500",
            ],
            deliveryTimeout: deliveryTimeout, requestTimeout: .seconds(5))
    }

    deinit { pipes.withLock { $0.process.terminate() } }

    func open() async throws -> KafkaLog {
        try await KafkaLog.open(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func tell(_ command: String) throws {
        let answer = try pipes.withLock { pipes in
            try pipes.input.write(contentsOf: Data((command + "\n").utf8))
            return try Self.line(from: pipes)
        }
        guard answer == "ok" else { throw Trouble(description: "'\(command)': \(answer)") }
    }

    private static func line(from pipes: Pipes) throws -> String {
        var line = Data()
        while let byte = try pipes.output.read(upToCount: 1), byte != Data([0x0A]) {
            guard !byte.isEmpty else { break }
            line += byte
        }
        return String(decoding: line, as: UTF8.self)
    }
}
