import ChannelSDK
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
        return try RedisCache.Configuration(url: Secret(url), prefix: "test-\(UUID().uuidString):")
    }
}

/// A server of a test's own, which can be killed, frozen and flushed. It ends with its standard input.
final class PrivateServer {
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
        configuration = try RedisCache.Configuration(url: Secret(Self.line(output.fileHandleForReading)))
    }

    static func with(_ body: (PrivateServer) async throws -> Void) async throws {
        let server = try PrivateServer()
        do {
            try await body(server)
        } catch {
            try? server.stop()
            throw error
        }
        try server.stop()
    }

    func perform(_ command: Command) throws {
        try input.fileHandleForWriting.write(contentsOf: Array("\(command.rawValue)\n".utf8))
        try #require(Self.line(output.fileHandleForReading) == "done")
    }

    /// Something that the cache itself has no words for, by another connection.
    @discardableResult
    func run(_ words: String..., password: String? = nil) async throws -> RedisReply {
        var configuration = configuration
        configuration.password = password.map { Secret($0) }
        let connection = try RedisConnection(configuration, logger: Logger(label: "test"))
        var command = RedisCommand(words[0])
        for word in words.dropFirst() { command.append(word) }
        let reply = try await connection.perform([command])[0]
        await connection.close()
        return reply
    }

    private func stop() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private static func line(_ handle: FileHandle) -> String {
        var bytes: [UInt8] = []
        while let byte = handle.readData(ofLength: 1).first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
