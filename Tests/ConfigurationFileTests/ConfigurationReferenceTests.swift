import ChannelSDK
import ConfigurationFile
import Foundation
import Testing

@Suite struct ConfigurationReferenceTests {
    @Test func `every key is described, once`() {
        let keys = ConfigurationReference.keys
        let paths = keys.map(\.path)
        #expect(Set(paths).count == paths.count)
        let expected = [
            "server.port", "storage.path", "log.level", "limits.projection_lag", "webhooks.secret", "channels",
            "channels.NAME.module", "channels.NAME.settings", "channels.NAME.breaker.open_for", "routes",
            "routes.NAME[].when.country", "routes.NAME[].channels",
        ]
        for path in expected { #expect(paths.contains(path), "\(path)") }
        #expect(keys.allSatisfy { $0.help.hasSuffix(".") && !$0.expectation.isEmpty })
    }

    /// What the reference says is the default can be written, and changes nothing.
    @Test func `every default is a value that the file may hold`() {
        for key in ConfigurationReference.keys {
            guard case .value(let text) = key.fallback else { continue }
            let parts = key.path.replacing("NAME", with: "sms").split(separator: ".")
            let lines = parts.enumerated().map { String(repeating: "  ", count: $0) + $1 + ":" }
            let yaml = lines.joined(separator: "\n") + " \(text)\n"
            let loaded = TestModules.loader().load(bytes: Array(yaml.utf8), file: "channels.yaml")
            let about = loaded.diagnostics.filter { $0.message.hasPrefix(key.path.replacing("NAME", with: "sms")) }
            #expect(about.isEmpty, "\(about)")
            #expect(!loaded.report.contains("unknown key"), "\(loaded.report)")
        }
    }

    @Test func `the operator's manual holds the table as it is`() throws {
        let manual = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/operating.md")
        let text = try String(contentsOf: manual.standardizedFileURL, encoding: .utf8)
        #expect(text.contains(ConfigurationReference.markdown(ConfigurationReference.keys)))
    }

    @Test func `the reference is a table for people`() {
        let table = ConfigurationReference.markdown(ConfigurationReference.keys(of: TestModules.sms.providers[0]))
        #expect(table.hasPrefix("| key | value | default | |\n|---|---|---|---|\n"))
        #expect(
            table.contains(
                "| `channels.NAME.settings.auth_token` | a secret, by `${VARIABLE}` or `${file:PATH}` | required | The token. |\n"
            ))
        #expect(
            table.contains(
                "| `channels.NAME.settings.segments` | a whole number from 1 to 10 | `6` | The most parts. |"))
    }
}
