import ArgumentParser
import ChannelSDK
import Foundation
import NIOHTTP1

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Has a running host read its configuration file anew, and shows what has changed.",
        discussion: """
            The file is checked first and applied as a whole, or not at all: then the errors are shown, the host goes on as \
            before, and the command ends with 1. SIGHUP does the same, and says it in the host's log. Each replica reads \
            its own file: tell every one of them.
            """)

    @OptionGroup var option: ServerOption

    func run() async throws {
        let client = HostClient(server: option.server)
        let (status, answer) = try await client.ask(.POST, "/admin/reload")
        guard status == .ok, let report = UntrustedJSON.decode(Report.self, from: Array(answer)) else {
            refuse(answer)
            return try client.check(status)
        }
        for warning in report.warnings { Terminal.complain("\(warning)\n") }
        for change in report.changes { Terminal.say(change.text) }
        if report.changes.isEmpty { Terminal.say("nothing has changed") }
    }

    private func refuse(_ answer: Data) {
        guard let problem = UntrustedJSON.decode(Problem.self, from: Array(answer)) else { return }
        for error in problem.errors ?? [] { Terminal.complain("\(error.field): error: \(error.message)\n") }
        let detail = problem.detail.map { ": \($0)" } ?? ""
        Terminal.complain("\(problem.title)\(detail)\n")
    }
}

extension ReloadCommand {
    private struct Report: Decodable {
        struct Change: Decodable {
            let text: String
        }

        let changes: [Change]
        let warnings: [String]
    }

    private struct Problem: Decodable {
        struct Entry: Decodable {
            let field, message: String
        }

        let title: String
        let detail: String?
        let errors: [Entry]?
    }
}
