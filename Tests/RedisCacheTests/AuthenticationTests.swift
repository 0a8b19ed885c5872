import ChannelSDK
import Logging
import Testing

@testable import RedisCache

@Suite(.timeLimit(.minutes(10)))
struct AuthenticationTests {
    private static let password = "s3cr3t %\u{0}-pw"

    @Test func passwordsAndUsers() async throws {
        try await PrivateServer.with { server in
            #expect(
                try await server.run("ACL", "SETUSER", "ann", "on", ">ann's", "~*", "+@all") == .status("OK"))
            #expect(try await server.run("CONFIG", "SET", "requirepass", Self.password) == .status("OK"))
            var configuration = server.configuration
            configuration.password = Secret(Self.password)
            try await expectUse(configuration)
            configuration.database = 3
            try await expectUse(configuration)
            (configuration.username, configuration.password) = ("ann", Secret("ann's"))
            try await expectUse(configuration)
            configuration.password = Secret(Self.password)
            try await expectRefusal(configuration, "WRONGPASS")
            (configuration.username, configuration.password) = (nil, Secret("s3cr3t wrong"))
            try await expectRefusal(configuration, "check user name and password")
            configuration.password = nil
            try await expectRefusal(configuration, "give the password")
            configuration.password = Secret(Self.password)
            configuration.database = 9999
            try await expectRefusal(configuration, "DB index is out of range")
        }
    }

    /// A server without a password says so in its own words.
    @Test func aPasswordThatNobodyAskedFor() async throws {
        try await PrivateServer.with { server in
            var configuration = server.configuration
            configuration.password = Secret("s3cr3t")
            try await expectRefusal(configuration, "without any password configured")
        }
    }

    /// Servers on which AUTH has another name quote what they were sent.
    @Test(arguments: [
        "ERR unknown command 'AUTH', with args beginning with: 's3cr3t-lo", "ERR no user s3cr3t-long-pw here",
    ])
    func quotedPasswordsAreNotShown(_ answer: String) throws {
        let greeting = Greeting(RedisCache.Configuration(password: Secret("s3cr3t-long-pw")))
        let refusal = try #require(greeting.refusal([.error(answer), .status("PONG")]))
        #expect(refusal.message.contains("ERR ") && !refusal.message.contains("s3cr3t"))
        #expect(greeting.refusal([.status("OK"), .status("PONG")]) == nil)
    }

    private func expectUse(_ configuration: RedisCache.Configuration) async throws {
        let cache = try RedisCache(configuration, logger: Logger(label: "test"))
        await cache.store([1], for: "a", lifetime: .seconds(60))
        #expect(await cache.value(for: "a") == [1])
        await cache.remove(["a"])
        await cache.close()
    }

    private func expectRefusal(_ configuration: RedisCache.Configuration, _ words: String) async throws {
        let log = HeardLog()
        let cache = try RedisCache(configuration, logger: log.logger)
        await #expect {
            try await cache.health()
        } throws: { error in
            guard let error = error as? RedisError, error.code == .refused else { return false }
            let text = "\(error) \(String(reflecting: error))"
            return text.contains(words) && text.contains(configuration.address) && !text.contains("s3cr3t")
        }
        #expect(await cache.value(for: "a") == nil)
        await log.next("Redis is lost")
        #expect(log.lines.count == 1)
        #expect(log.lines.allSatisfy { $0.contains(words) && !$0.contains("s3cr3t") })
        await cache.close()
    }
}
