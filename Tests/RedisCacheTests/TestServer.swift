import ChannelSDK
import Dispatch
import Foundation
import Logging
import Testing

@testable import RedisCache

struct MissingRedis: Error, CustomStringConvertible {
    var description: String {
        "REDIS_URL is not set: run the tests by scripts/with-redis swift test --filter RedisCacheTests"
    }
}

/// The server that all tests share: each has a prefix of its own.
enum SharedServer {
    static func configuration() throws -> RedisCache.Configuration {
        guard let url = ProcessInfo.processInfo.environment["REDIS_URL"] else { throw MissingRedis() }
        return try RedisCache.Configuration(url: Secret(url), prefix: "test-\(UUID().uuidString):").patient
    }
}

extension RedisCache.Configuration {
    /// Waits for a machine that has much else to do.
    fileprivate var patient: Self {
        var patient = self
        (patient.connectTimeout, patient.commandTimeout) = (.seconds(30), .seconds(30))
        return patient
    }
}

/// A server of a test's own, which can be killed, frozen and flushed. It ends with its standard input.
final class PrivateServer: Sendable {
    enum Command: String { case kill, start, freeze, thaw }

    let configuration: RedisCache.Configuration
    private let process = Process()
    private let (input, output) = (Pipe(), Pipe())

    private init() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("scripts/with-redis")
        process.executableURL = script
        process.arguments = [
            "bash", "-c", #"echo "$REDIS_URL"; while read -r word; do "$CONTROL_REDIS" "$word"; echo done; done"#,
        ]
        process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "REDIS_URL" }
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        configuration = try RedisCache.Configuration(url: Secret(Self.line(output.fileHandleForReading))).patient
    }

    static func with(_ body: (PrivateServer) async throws -> Void) async throws {
        let server = try await patiently { try PrivateServer() }
        do {
            try await body(server)
        } catch {
            try? await server.stop()
            throw error
        }
        try await server.stop()
    }

    func perform(_ command: Command) async throws {
        let answer = try await Self.patiently { [input, output] in
            try input.fileHandleForWriting.write(contentsOf: Array("\(command.rawValue)\n".utf8))
            return Self.line(output.fileHandleForReading)
        }
        try #require(answer == "done")
    }

    /// Something that the cache itself has no words for, by another connection.
    @discardableResult
    func run(_ words: String..., password: String? = nil) async throws -> RedisReply {
        var configuration = configuration
        configuration.password = password.map { Secret($0) }
        let connection = try RedisConnection(configuration, logger: Logger(label: "test"))
        var command = RedisCommands(words[0], arguments: words.count - 1)
        for word in words.dropFirst() { command.append(word) }
        let reply = try await connection.perform(command)
        await connection.close()
        return reply
    }

    private func stop() async throws {
        try await Self.patiently { [input, process] in
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
    }

    /// Waits on a thread that nobody else needs: the pool of Swift's tasks has few.
    private static func patiently<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { waiter in
            DispatchQueue.global().async { waiter.resume(with: Result { try work() }) }
        }
    }

    private static func line(_ handle: FileHandle) -> String {
        var bytes: [UInt8] = []
        while let byte = handle.readData(ofLength: 1).first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
