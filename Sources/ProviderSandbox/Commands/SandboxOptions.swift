import ArgumentParser
import NIOCore

struct RequestFaultOptions: ParsableArguments {
    @Option(help: "Answered 500 or 503 (half each); nothing is taken.")
    var failBefore = Rate.never

    @Option(help: "Taken, then the connection is closed without an answer. The reports are sent all the same.")
    var failAfter = Rate.never

    @Option(help: "The connection is closed without an answer; nothing is taken.")
    var closeBefore = Rate.never

    @Option(help: "Answered 429; nothing is taken.")
    var throttle = Rate.never

    @Option(help: "Never answered: half of them are taken (and reported on), half are not.")
    var hang = Rate.never

    @Option(help: "How long the API takes to answer, such as 20ms or 20ms..200ms.")
    var answerLatency = DelayOption(range: .zero)

    func set(_ rates: inout FaultRates) {
        rates.failBefore = failBefore.value
        rates.failAfter = failAfter.value
        rates.closeBefore = closeBefore.value
        rates.throttle = throttle.value
        rates.hang = hang.value
    }
}

struct ReportOptions: ParsableArguments {
    @Option(help: "How long until each report is sent, such as 20ms or 20ms..200ms.")
    var latency = DelayOption(range: .zero)

    @Option(help: "The share of the messages none of whose reports is sent.")
    var drop = Rate.never

    @Option(help: "The share of the reports that are sent twice.")
    var duplicate = Rate.never

    @Option(help: "The share of the messages whose reports go out in random order, at random times.")
    var shuffle = Rate.never

    @Option(help: "For how long a report that is not answered 2xx is tried again.")
    var callbackRetries = DurationOption(amount: .seconds(60))

    @Option(help: "How long the answer to a report may take.")
    var callbackTimeout = DurationOption(amount: .seconds(15))

    @Option(help: "How many connections are opened to one receiver of reports.")
    var callbackConnections = 64

    @Option(help: "How many reports go out in one request, where the provider sends several in one.")
    var batch = 100

    @Option(help: "For how long such reports are collected; without it, as long as the connections are busy.")
    var batchWindow = DurationOption(amount: .zero)

    func validate() throws {
        guard (1...4096).contains(callbackConnections) else {
            throw ValidationError("--callback-connections is from 1 to 4096, not \(callbackConnections)")
        }
        // As many as Meta sends.
        guard (1...1000).contains(batch) else { throw ValidationError("--batch is from 1 to 1000, not \(batch)") }
    }

    func set(_ rates: inout FaultRates) {
        rates.drop = drop.value
        rates.duplicate = duplicate.value
        rates.shuffle = shuffle.value
    }
}
