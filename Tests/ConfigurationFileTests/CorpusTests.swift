import ConfigurationFile
import Foundation
import Testing

/// The files of Tests/ConfigurationCorpus: bad ones with the exact diagnostics, good ones with their warnings.
///
/// `UPDATE_CORPUS=1 swift test --filter CorpusTests` writes the expectations anew; read the difference before you
/// commit it.
@Suite struct CorpusTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "ConfigurationCorpus")

    static func files(_ kind: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: kind).path())
            .filter { $0.hasSuffix(".yaml") }.sorted()
    }

    static func load(_ kind: String, _ file: String) -> LoadedConfiguration {
        TestModules.loader().load(path: folder.appending(path: "\(kind)/\(file)").path())
    }

    /// The report, its paths shortened to the file's name.
    static func report(_ loaded: LoadedConfiguration, _ kind: String) -> String {
        loaded.report.replacingOccurrences(of: folder.appending(path: kind).path() + "/", with: "")
    }

    static func expectation(_ kind: String, _ file: String, actual: String) throws -> String {
        let url = folder.appending(path: "\(kind)/\(file.dropLast(".yaml".count)).expected")
        if ProcessInfo.processInfo.environment["UPDATE_CORPUS"] == "1" {
            try actual.write(to: url, atomically: true, encoding: .utf8)
        }
        return try String(contentsOf: url, encoding: .utf8)
    }

    @Test(arguments: try files("bad"))
    func `a bad file gets exactly its diagnostics`(_ file: String) throws {
        let loaded = Self.load("bad", file)
        let report = Self.report(loaded, "bad")
        #expect(loaded.configuration == nil)
        #expect(loaded.hasErrors)
        #expect(try report == Self.expectation("bad", file, actual: report))
        #expect(!report.contains("CANARY"), "a secret or a variable's value is shown")
    }

    @Test(arguments: try files("good"))
    func `a good file loads, with exactly its warnings`(_ file: String) throws {
        let loaded = Self.load("good", file)
        let report = Self.report(loaded, "good")
        #expect(loaded.configuration != nil, "\(report)")
        #expect(try report == Self.expectation("good", file, actual: report))
    }

    @Test func `the corpus is there`() throws {
        #expect(try Self.files("bad").count >= 40)
        #expect(try Self.files("good").count >= 5)
        let canaries = try Self.files("bad").filter {
            try Data(contentsOf: Self.folder.appending(path: "bad/\($0)")).range(of: Data("CANARY".utf8)) != nil
        }
        #expect(canaries.count >= 15)
    }
}
