import ChannelSDK
import Testing

@testable import RedisCache

struct ConfigurationTests {
    struct Reading: Sendable, CustomTestStringConvertible {
        let url: String
        let host: String
        var port = 6379
        var username: String?
        var password: String?
        var database = 0

        var testDescription: String { url }
    }

    @Test(arguments: [
        Reading(url: "redis://localhost", host: "localhost"),
        Reading(url: "REDIS://localhost/", host: "localhost"),
        Reading(url: "redis://db.example:6380/2", host: "db.example", port: 6380, database: 2),
        Reading(url: "redis://:pw@db:1", host: "db", port: 1, password: "pw"),
        Reading(url: "redis://ann:pw@db", host: "db", username: "ann", password: "pw"),
        Reading(url: "redis://a%40n:p%3A%2f%25%C3%A4@db", host: "db", username: "a@n", password: "p:/%ä"),
        Reading(url: "redis://:a@b:c@db", host: "db", password: "a@b:c"),
        Reading(url: "redis://:@[::1]:65535/15", host: "::1", port: 65_535, database: 15),
        Reading(url: "redis://[fe80::2]", host: "fe80::2"),
    ])
    func urls(_ reading: Reading) throws {
        let configuration = try RedisCache.Configuration(url: Secret(reading.url), prefix: "p:")
        #expect(configuration.host == reading.host)
        #expect(configuration.port == reading.port)
        #expect(configuration.username == reading.username)
        #expect(configuration.password?.revealed == reading.password)
        #expect(configuration.database == reading.database)
        #expect(configuration.prefix == "p:")
    }

    @Test(arguments: [
        ("", "scheme"), ("localhost:6379", "scheme"), ("http://s3cr3t@db", "scheme"), ("rediss://:s3cr3t@db", "TLS"),
        ("redis://", "host"), ("redis://:s3cr3t@", "host"), ("redis://db:s3cr3t", "port"), ("redis://db:", "port"),
        ("redis://db:0", "port"), ("redis://db:65536", "port"), ("redis://db:99999999999999999999", "port"),
        ("redis://s3cr3t@db", "colon"), ("redis://:s3cr3t%@db", "percent"), ("redis://:s3cr3t%4@db", "percent"),
        ("redis://:s3cr3t%zz@db", "percent"), ("redis://:s3cr3t%ff@db", "percent"), ("redis://ann:@db", "password"),
        ("redis://db/s3cr3t", "database"), ("redis://db/-1", "database"), ("redis://db/1/2", "database"),
        ("redis://:s3cr3t/x@db", "database"), ("redis://:s3cr3t?x@db", "parameters"), ("redis://[::1", "bracket"),
        ("redis://[::1]s3cr3t", "port"), ("redis://d\u{0}b", "host"),
    ])
    func badURLs(_ url: String, _ word: String) {
        #expect {
            try RedisCache.Configuration(url: Secret(url))
        } throws: { error in
            guard let error = error as? RedisError, error.code == .configuration else { return false }
            return "\(error)".contains(word) && !"\(error)".contains("s3cr3t")
        }
    }

    @Test func allProblemsAreTold() {
        let configuration = RedisCache.Configuration(
            host: "", port: 0, username: "ann", database: -1, connectTimeout: .zero)
        #expect {
            try configuration.check()
        } throws: { error in
            ["host", "port 0", "user name", "database -1", "timeouts"].allSatisfy { "\(error)".contains($0) }
        }
    }

    @Test func descriptionsDoNotShowThePassword() {
        let configuration = RedisCache.Configuration(host: "db", password: Secret("s3cr3t"), username: "ann")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("s3cr3t") && text.contains("db:6379"))
        }
    }
}
