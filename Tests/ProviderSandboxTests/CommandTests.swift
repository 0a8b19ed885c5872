import ArgumentParser
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("The command line")
struct CommandTests {
    @Test("the documented options are read")
    func options() throws {
        let command = try ProviderSandboxCommand.parse([
            "--listen", "127.0.0.1:0", "--seed", "7", "--latency", "20ms..200ms", "--fail-before", "0.05",
            "--fail-after",
            "0.02", "--throttle", "0.05", "--hang", "0.01", "--drop", "0.02", "--duplicate", "0.3", "--shuffle", "0.5",
            "--callback-retries", "30s", "--callback-connections", "8", "--script", "queued,sent,delivered", "--quiet",
        ])
        #expect(command.listen.port == 0)
        #expect(command.seed == 7)
        #expect(command.reports.latency.range == DelayRange("20ms..200ms"))
        #expect(command.reports.callbackRetries.amount == .seconds(30))
        #expect(command.providers.twilio.script.statuses == [.queued, .sent, .delivered])
        #expect(command.quiet)
    }

    @Test(
        "what makes no sense is refused with a reason",
        arguments: [
            (["--fail-before", "1.5"], "fail-before"), (["--drop", "often"], "drop"), (["--latency", "20"], "latency"),
            (["--listen", "4010"], "listen"), (["--script", "sent,gone"], "script"),
            (["--callback-connections", "0"], "from 1 to 4096"),
            (["--hang", "0.6", "--throttle", "0.6"], "together are at most 1"),
        ])
    func refused(arguments: [String], expected: String) {
        let error = #expect(throws: (any Error).self) { try ProviderSandboxCommand.parse(arguments) }
        #expect(error.map { ProviderSandboxCommand.message(for: $0).contains(expected) } == true)
    }

    @Test(
        "credentials come from the option, else the environment, else they are the sandbox's",
        arguments: [
            (["--twilio-account", "ACo", "--twilio-token", "to"], "ACo", "to"),
            ([], "ACe", TwilioSettings.sandboxToken),
        ])
    func credentials(arguments: [String], account: String, token: String) throws {
        let options = try TwilioOptions.parse(arguments)
        let settings = options.settings(environment: ["TWILIO_ACCOUNT_SID": "ACe", "TWILIO_AUTH_TOKEN": ""])
        #expect(settings.account == account)
        #expect(settings.token == token)
    }

    @Test("the help says what every special recipient means")
    func help() {
        let help = ProviderSandboxCommand.helpMessage()
        #expect(SpecialNumber.allCases.allSatisfy { help.contains($0.rawValue) })
    }
}
