import ChannelConformance
import ChannelSDK
import ConfigurationFile
import Foundation
import Testing

@Suite struct ConfigurationLoaderTests {
    private static func load(_ yaml: String) -> LoadedConfiguration {
        TestModules.loader().load(bytes: Array(yaml.utf8), file: "channels.yaml")
    }

    @Test func `a diagnostic is place, severity, message, line and caret`() {
        #expect(
            Self.load("channels:\n  sms:\n    module: sms\n    porvider: twilio\n").report.hasPrefix(
                """
                channels.yaml:4:5: error: unknown key 'porvider' in channels.sms; did you mean 'provider'?
                    porvider: twilio
                    ^
                """))
    }

    @Test func `the example of the repository loads without a word, in any environment`() throws {
        let example = CorpusTests.folder.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "channels.yaml").path()
        let loaded = TestModules.loader([:]).load(path: example)
        #expect(loaded.report.isEmpty)
        let configuration = try #require(loaded.configuration)
        #expect(configuration.channels.map(\.name) == ["sms", "sms_backup"])
        #expect(configuration.routes.map(\.name) == ["default"])
        #expect(configuration.channels[1].configuration.string("base_url") == "http://127.0.0.1:4010")
        let changed = TestModules.loader(["PORT": "8088", "DATA_DIR": "/data"]).load(path: example).configuration
        #expect(changed?.server.port == 8088)
        #expect(changed?.storage.path == "/data/switchboard.db")
    }

    @Test func `a file that is not there says so`() {
        #expect(
            TestModules.loader().load(path: "/nowhere/channels.yaml").report
                == "/nowhere/channels.yaml: error: the file cannot be read: No such file or directory\n")
        #expect(TestModules.loader().load(path: "/").report == "/: error: the file is not a regular file\n")
        #expect(TestModules.loader().load(path: "/dev/zero").report.contains("is not a regular file"))
    }

    @Test func `a file of ten megabytes is refused, not read`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "switchboard-\(UUID()).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(repeating: UInt8(ascii: "#"), count: 10_000_000).write(to: file)
        let loaded = TestModules.loader().load(path: file.path())
        #expect(loaded.diagnostics.map(\.message) == ["the file is larger than 1024 KiB; is it the right one?"])
    }

    /// Good files with a few bytes changed: never a crash, never a variable's value.
    @Test func `damaged files get an answer`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let files = try CorpusTests.files("good").map {
            Array(try Data(contentsOf: CorpusTests.folder.appending(path: "good/\($0)")))
        }
        let interesting = Array("{}[]:,-&*!|>\"'#$%@\n\t ~<\\".utf8) + [0, 0xFF, 0x80]
        var refused = 0
        for _ in 0..<1000 {
            var bytes = files.randomElement(using: &random)!
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = interesting.randomElement(using: &random)!
                case 1: bytes.insert(interesting.randomElement(using: &random)!, at: place)
                default: bytes.remove(at: place)
                }
            }
            let loaded = TestModules.loader().load(bytes: bytes, file: "channels.yaml")
            if loaded.configuration == nil { refused += 1 }
            #expect(loaded.hasErrors == (loaded.configuration == nil), "seed \(seed)")
            #expect(!loaded.report.contains("CANARY"), "seed \(seed): \(loaded.report)")
        }
        #expect(refused > 300, "seed \(seed)")
    }

    @Test func `random bytes get an answer`() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1000 {
            let count = Int.random(in: 0..<300, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let loaded = TestModules.loader().load(bytes: bytes, file: "channels.yaml")
            #expect(loaded.configuration == nil && loaded.hasErrors, "seed \(seed)")
        }
    }
}
