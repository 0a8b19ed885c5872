import ChannelSDK
import ConfigurationFile
import Foundation
import Testing

@Suite struct ExamplesTests {
    @Test func `the examples are there`() throws {
        #expect(
            try Example.files == ["ntfy.yaml", "slack.yaml", "sms-batches.yaml", "sms-gateway.yaml", "telegram.yaml"])
    }

    @Test(arguments: try Example.files)
    func `an example loads without a word and shows no secret`(_ file: String) throws {
        let loaded = Example.load(file)
        #expect(loaded.report.isEmpty, "\(loaded.report)")
        let configuration = try #require(loaded.configuration)
        #expect(!configuration.channels.isEmpty)
        var text = ""
        dump(configuration, to: &text)
        #expect(Example.environment.values.allSatisfy { !text.contains($0) }, "a secret is shown")
    }

    @Test(arguments: try Example.files)
    func `without its secrets an example says which variable is missing, and where`(_ file: String) {
        let loaded = Example.load(file, [:])
        #expect(loaded.configuration == nil)
        #expect(loaded.diagnostics.allSatisfy { $0.message.contains("undefined variable") && $0.position != nil })
    }

    @Test func `rates of the module are those of its channels that have none`() throws {
        let path = Example.root.appending(path: "Tests/ConfigurationCorpus/good/declared.yaml").path()
        let loaded = ConfigurationLoader(modules: [], environment: ["AUTH_TOKEN": "x"]).load(path: path)
        let configuration = try #require(loaded.configuration)
        #expect(configuration.channels.map { $0.rateLimits.map(\.permits) } == [[10, 100], [1], []])
    }
}

/// The manual's example is a file that loads, and it has every key.
@Suite struct ManualTests {
    private static func manual() throws -> String {
        try String(contentsOf: Example.root.appending(path: "docs/declared-channels.md"), encoding: .utf8)
    }

    @Test func `its files load without a word`() throws {
        let blocks = try Self.manual().split(separator: "```yaml\n").dropFirst()
            .compactMap { $0.split(separator: "```", maxSplits: 1, omittingEmptySubsequences: false).first }
        #expect(!blocks.isEmpty)
        for block in blocks where block.contains("\nchannels:") {
            let loaded = Example.load(yaml: String(block), ["ACME_KEY": "k", "ACME_WEBHOOK_SECRET": "s"])
            #expect(loaded.report.isEmpty, "\(loaded.report)")
        }
        #expect(blocks.contains { $0.contains("\nchannels:") })
    }

    @Test func `it names every key`() throws {
        let manual = try Self.manual()
        let keys = ConfigurationReference.keys.map(\.path).filter { $0.hasPrefix("modules.NAME.") }
        #expect(keys.count > 50)
        for key in keys {
            let name = key.split(separator: ".").last.map(String.init) ?? ""
            #expect(manual.contains("`\(name)`"), "\(key) is not in docs/declared-channels.md")
        }
    }
}
