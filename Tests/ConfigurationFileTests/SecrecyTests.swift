import ChannelSDK
import ConfigurationFile
import Foundation
import Testing
import YAMLDocument

/// No diagnostic shows a secret, or a value that came from a variable or a file.
@Suite struct SecrecyTests {
    private static let canary = "CANARY-do-not-show"

    private static func report(_ yaml: String) -> String {
        let environment = ["CANARY_VARIABLE": canary, "AUTH_TOKEN": canary]
        return TestModules.loader(environment).load(bytes: Array(yaml.utf8), file: "channels.yaml").report
    }

    /// One file per key of the host, with a variable's value where the key wants something else.
    @Test(arguments: ConfigurationReference.keys.map(\.path).filter { !$0.contains("[]") })
    func `the value of a variable is not shown, whatever key it is for`(_ path: String) {
        let parts = path.replacing("NAME", with: "sms").split(separator: ".")
        let lines = parts.enumerated().map { String(repeating: "  ", count: $0) + $1 + ":" }
        for value in ["${CANARY_VARIABLE}", "[\"${CANARY_VARIABLE}\"]", "x${CANARY_VARIABLE}x"] {
            let report = Self.report(lines.joined(separator: "\n") + " \(value)\n")
            #expect(report.contains("error"))
            #expect(!report.contains("CANARY-"), "\(report)")
        }
    }

    /// A secret that stands in the file, in files that go wrong at every byte.
    @Test func `a secret in the file is not shown wherever the file breaks off`() {
        let yaml = """
            channels:
              sms:
                module: sms
                provider: twilio
                settings:
                  auth_token: "\(Self.canary)"
                  from: x
              other: { module: sms, provider: vonage, settings: { api_secret: \(Self.canary), api_key: 1 } }
            """
        for count in 0...yaml.utf8.count {
            for tail in ["", "\n}", "\"", " : [", "\n\t@"] {
                let report = Self.report(String(decoding: yaml.utf8.prefix(count), as: UTF8.self) + tail)
                #expect(!report.contains("CANARY"), "\(report)")
            }
        }
    }

    @Test func `what a module says is cleaned of what it was given, and put in its place`() throws {
        let loaded = CorpusTests.load("good", "references.yaml")
        let problems = ConfigurationProblems([
            .init(setting: "auth_token", message: "is refused: CANARY-auth-token"),
            .init(setting: "messaging_service_sid", message: "or 'from' is needed"),
        ])
        let diagnostics = loaded.diagnostics(for: problems, channel: "sms")
        #expect(diagnostics.map(\.position?.line) == [12, 10])
        #expect(diagnostics[0].message == "setting 'auth_token' of channel 'sms' is refused: •••")
        #expect(diagnostics[1].message == "setting 'messaging_service_sid' of channel 'sms' or 'from' is needed")
        #expect(diagnostics.allSatisfy { $0.severity == .error })
        #expect(diagnostics[0].excerpt?.description == "      auth_token: •••\n      ^")
    }

    @Test(arguments: [
        ("channels.sms.uncertain", 7), ("channels.sms.settings.auth_token", 12), ("channels.sms.settings", 10),
        ("channels.none.timeout", 6), ("nothing", nil),
    ])
    func `a path that is not in the file stands for the nearest around it`(_ path: String, _ line: Int?) {
        #expect(CorpusTests.load("good", "references.yaml").position(of: path)?.line == line)
    }

    @Test func `a loaded configuration does not describe its secrets`() throws {
        let configuration = try HostConfigurationTests.good("every-key.yaml")
        #expect(!"\(configuration)".contains("CANARY"))
        #expect(!"\(configuration)".contains("whsec_MfKQ"))
        #expect(!String(reflecting: configuration).contains("CANARY"))
    }
}
