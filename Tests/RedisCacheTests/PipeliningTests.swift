import ChannelSDK
import Logging
import Testing

@testable import RedisCache

@Suite(.timeLimit(.minutes(10)))
struct PipeliningTests {
    /// While the server is frozen nobody is answered, so all callers are there before the first of them is.
    @Test func manyCallersShareRoundTrips() async throws {
        try await PrivateServer.with { server in
            let cache = try RedisCache(server.configuration, logger: Logger(label: "test"))
            _ = try await cache.health()
            let (traffic, queue) = (cache.connection.traffic, cache.connection.queue)
            let before = traffic.current
            func sent() -> Traffic.Count {
                let now = traffic.current
                return .init(commands: now.commands - before.commands, roundTrips: now.roundTrips - before.roundTrips)
            }
            func until(_ condition: () -> Bool) async throws {
                while !condition() {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
            try await server.perform(.freeze)
            try await withThrowingTaskGroup { callers in
                for caller in 0..<500 {
                    callers.addTask {
                        await cache.store(Array("\(caller)".utf8), for: "\(caller)", lifetime: .seconds(60))
                    }
                    // Two batches may be under way, here of one each; all others wait, to go together.
                    try await until {
                        sent().commands + queue.waitingCommands == caller + 1
                            && (caller > 1 || queue.waitingCommands == 0)
                    }
                }
                #expect(sent() == .init(commands: 2, roundTrips: 2))
                try await server.perform(.thaw)
                try await callers.waitForAll()
            }
            #expect(sent() == .init(commands: 500, roundTrips: 3))
            let values = await cache.values(for: (0..<500).map { "\($0)" })
            #expect(values == (0..<500).map { Array("\($0)".utf8) })
            await cache.close()
        }
    }

    @Test func whatWaitsIsBounded() async throws {
        try await PrivateServer.with { server in
            let connection = try RedisConnection(server.configuration, logger: Logger(label: "test"))
            _ = try await connection.health()
            try await server.perform(.freeze)
            var many = RedisCommands()
            for _ in 0..<50_000 { many.begin("PING", arguments: 0) }
            try await withThrowingTaskGroup(of: Int.self) { callers in
                // Two are sent, two wait.
                for caller in 0..<4 {
                    callers.addTask { [many] in try await connection.performAll(many).count }
                    while connection.traffic.current.commands < min(caller + 1, 2) * many.count
                        || connection.queue.waitingCommands < (caller - 1) * many.count
                    {
                        try Task.checkCancellation()
                        await Task.yield()
                    }
                }
                await #expect(throws: RedisError.busy) { try await connection.perform(RedisCommands("PING")) }
                try await server.perform(.thaw)
                #expect(try await callers.reduce(0, +) == 4 * many.count)
            }
            _ = try await connection.health()
            await connection.close()
        }
    }

    /// Answers and questions stay together, whatever came in between.
    @Test func answersGoToThoseWhoAsked() async throws {
        let connection = try RedisConnection(SharedServer.configuration(), logger: Logger(label: "test"))
        try await withThrowingTaskGroup { callers in
            for caller in 0..<32 {
                callers.addTask {
                    for number in 0..<100 {
                        let words = (0...(number % 3)).map { "\(caller) \(number) \($0)" }
                        var commands = RedisCommands()
                        for word in words {
                            commands.begin("ECHO", arguments: 1)
                            commands.append(word)
                        }
                        let replies = try await connection.performAll(commands)
                        #expect(replies == words.map { .bytes(Array($0.utf8)) })
                    }
                }
            }
            try await callers.waitForAll()
        }
        await connection.close()
    }

    @Test func errorsAreAnswersToo() async throws {
        let connection = try RedisConnection(SharedServer.configuration(), logger: Logger(label: "test"))
        var commands = RedisCommands()
        for name in ["NONSENSE", "PING", ""] { commands.begin(name, arguments: 0) }
        let replies = try await connection.performAll(commands)
        #expect(replies[0].errorText?.hasPrefix("ERR unknown command") == true)
        #expect(replies[1] == .status("PONG"))
        #expect(replies[2].errorText != nil)
        await connection.close()
    }
}
