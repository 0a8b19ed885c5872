import ChannelSDK
import Testing

@testable import ConfigurationFile

@Suite struct PluginTests {
    /// Libraries by path; each other one can't be read.
    private static func load(
        _ plugins: String, channels: String = "sms: { module: sms, provider: twilio, settings: \(settings) }",
        rest: String = ""
    ) -> LoadedConfiguration {
        let loader = ConfigurationLoader(
            modules: TestModules.all,
            libraries: { (path, _) throws(LibraryRefusal) in
                guard let name = ["conf/push.so": "push", "/lib/sms.so": "sms"][path] else {
                    throw LibraryRefusal(file: path, reason: "does not exist")
                }
                let module = TestModules.all[0]
                let descriptor = ChannelDescriptor(
                    name: name, version: "1", summary: "A test's.", providers: module.descriptor.providers)
                return ChannelModule(descriptor: descriptor, statuses: module.statuses) {
                    (configuration, host) throws(ConfigurationProblems) in try module.instance(configuration, host)
                }
            }, environment: TestModules.environment)
        let text = "plugins:\n\(plugins)\nchannels:\n  \(channels)\n\(rest)"
        return loader.load(bytes: Array(text.utf8), file: "conf/channels.yaml")
    }

    private static let settings = "{ account_sid: AC1, auth_token: '${AUTH_TOKEN}' }"
    private static let push = "push: { module: push, provider: twilio, settings: \(settings) }"
    private static let hash = String(repeating: "Ab", count: 32)

    @Test func aLibrarysModuleIsAModule() {
        let loaded = Self.load("  - { path: push.so, sha256: \(Self.hash) }", channels: Self.push)
        #expect(loaded.report == "")
        let plugin = PluginConfiguration(
            path: "conf/push.so", sha256: Self.hash.lowercased(), onFailure: .refuse, module: "push")
        #expect(loaded.configuration?.plugins == [plugin])
        #expect(loaded.configuration?.channels.map(\.module) == ["push"])
    }

    @Test(arguments: [
        ("  - { path: push.so }", "2:5: warning: plugins[0] has no sha256"),
        ("  - { path: no.so, sha256: \(hash) }", "2:5: error: library 'conf/no.so' does not exist"),
        (
            "  - { path: /lib/sms.so, sha256: \(hash) }",
            "2:5: error: library '/lib/sms.so' has a module 'sms', and there is one"
        ),
        (
            "  - { path: push.so, sha256: \(hash) }\n  - { path: push.so, sha256: \(hash) }",
            "3:5: error: library 'conf/push.so' has a module 'push', and there is one"
        ),
        ("  - { path: push.so, sha256: 12 }", "error: plugins[0].sha256 must be a SHA-256 of 64 hexadecimal digits"),
        ("  - { sha256: \(hash) }", "error: missing key 'path' in plugins[0]"),
        ("  - { path: push.so, sha: \(hash) }", "error: unknown key 'sha' in plugins[0]; did you mean 'path'?"),
        (
            "  - { path: push.so, sha256: \(hash), on_failure: ignore }",
            "error: plugins[0].on_failure must be one of: refuse, skip"
        ),
        ("  push.so", "error: plugins must be a list of libraries, not a single value"),
        ("  - push.so", "error: plugins[0] must be a mapping, not a single value"),
    ]) func whatIsWrong(plugins: String, message: String) {
        let loaded = Self.load(plugins)
        #expect(loaded.report.contains(message.replacing("; did you mean 'path'?", with: "")), "\(loaded.report)")
        #expect(loaded.hasErrors == !message.contains("warning"))
    }

    @Test func whatIsSkippedLeavesItsChannelsOut() throws {
        let loaded = Self.load(
            "  - { path: no.so, sha256: \(Self.hash), on_failure: skip }",
            channels: "\(Self.push)\n  sms: { module: sms, provider: twilio, settings: \(Self.settings) }",
            rest: "routes: { first: [{ channels: [push, sms] }] }\n")
        #expect(!loaded.hasErrors, "\(loaded.report)")
        #expect(
            loaded.report.contains("4:3: warning: channel 'push' is left out: no module 'push': library 'conf/no.so'"))
        let configuration = try #require(loaded.configuration)
        #expect(configuration.channels.map(\.name) == ["sms"])
        #expect(configuration.absentChannels.keys.sorted() == ["push"])
        #expect(configuration.routes.first?.rules.first?.channels == ["push", "sms"])
    }

    @Test func aProgramWithoutLibrariesSaysSo() {
        let text = "plugins: [{ path: a.so, sha256: \(Self.hash) }]\n\(TestModules.channels)\n"
        let loaded = TestModules.loader().load(bytes: Array(text.utf8), file: "channels.yaml")
        #expect(loaded.report.contains("library './a.so'") || loaded.report.contains("library 'a.so'"))
        #expect(loaded.report.contains("this program takes no libraries"))
    }
}
