import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("The knobs, at every provider", .timeLimit(.minutes(10)))
struct ProviderKnobTests {
    /// A sandbox of that provider, which reports to a receiver.
    private func run(
        _ provider: ProviderCase, _ rates: FaultRates = FaultRates(),
        _ body: @Sendable (LiveSandbox, CallbackReceiver, String) async throws -> Void
    ) async throws {
        try await CallbackReceiver.run { receiver in
            let webhook = "http://localhost:\(receiver.port)/webhooks/x"
            try await LiveSandbox.run(rates, providers: provider.settings(try CallbackURL(webhook))) { sandbox in
                try await body(sandbox, receiver, webhook)
            }
        }
    }

    @Test("a message is taken under the sender's name for it, and reported on", arguments: ProviderCase.all)
    func ordinary(provider: ProviderCase) async throws {
        try await run(provider) { sandbox, receiver, webhook in
            let response = try await sandbox.execute(provider.request("d.1", webhook))
            #expect(response.status.code == provider.accepted)
            _ = await receiver.next(provider.reports.count)
            #expect(try await sandbox.drained()["reportsAcknowledged"] == provider.reports.count)
            let message = try #require(try await sandbox.ledger().messages.first)
            #expect(message.delivery == "d.1")
            #expect(message.provider == provider.provider)
            #expect(message.reports.map(\.status) == provider.reports)
            #expect(message.finalStatus == provider.reports.last)
        }
    }

    @Test("--throttle: nothing is taken", arguments: ProviderCase.all)
    func throttle(provider: ProviderCase) async throws {
        try await run(provider, FaultRates(throttle: 1)) { sandbox, _, webhook in
            let response = try await sandbox.execute(provider.request("d1", webhook))
            #expect(response.status.code == provider.throttled)
            let summary = try await sandbox.summary()
            #expect(summary["throttled"] == 1)
            #expect(summary["accepted"] == 0)
        }
    }

    @Test("--fail-before: failures of both kinds, and nothing is taken", arguments: ProviderCase.all)
    func failBefore(provider: ProviderCase) async throws {
        try await run(provider, FaultRates(failBefore: 1)) { sandbox, _, webhook in
            var statuses: Set<Int> = []
            for number in 0..<20 {
                statuses.insert(try await sandbox.execute(provider.request("d\(number)", webhook)).status.code)
            }
            #expect(statuses == provider.failures)
            #expect(try await sandbox.summary()["accepted"] == 0)
        }
    }

    @Test("--fail-after: taken, no answer, and reported all the same", arguments: ProviderCase.all)
    func failAfter(provider: ProviderCase) async throws {
        try await run(provider, FaultRates(failAfter: 1)) { sandbox, receiver, webhook in
            await #expect(throws: (any Error).self) { try await sandbox.execute(provider.request("d1", webhook)) }
            _ = await receiver.next(provider.reports.count)
            let summary = try await sandbox.drained()
            #expect(summary["answersLost"] == 1)
            #expect(summary["accepted"] == 1)
        }
    }

    @Test("--hang: not answered until the sandbox ends", arguments: ProviderCase.all)
    func hang(provider: ProviderCase) async throws {
        try await CallbackReceiver.run { receiver in
            let webhook = "http://localhost:\(receiver.port)/webhooks/x"
            let settings = provider.settings(try CallbackURL(webhook))
            let request = try await LiveSandbox.run(FaultRates(hang: 1), providers: settings) { sandbox in
                let request = Task { try await sandbox.execute(provider.request("d1", webhook)) }
                _ = try await sandbox.summary { $0["hangs"] == 1 }
                return request
            }
            await #expect(throws: (any Error).self) { try await request.value }
        }
    }

    @Test("--drop: taken and answered, never reported", arguments: ProviderCase.all)
    func drop(provider: ProviderCase) async throws {
        try await run(provider, FaultRates(drop: 1)) { sandbox, _, webhook in
            let response = try await sandbox.execute(provider.request("d1", webhook))
            #expect(response.status.code == provider.accepted)
            let summary = try await sandbox.summary()
            #expect(summary["reportsDropped"] == provider.reports.count)
            #expect(summary["reportsPlanned"] == 0)
        }
    }

    @Test("--duplicate and --shuffle: every report twice, in any order", arguments: ProviderCase.all)
    func duplicateAndShuffle(provider: ProviderCase) async throws {
        try await run(provider, FaultRates(shuffle: 1, duplicate: 1)) { sandbox, _, webhook in
            for number in 0..<10 {
                _ = try await sandbox.execute(provider.request("d\(number)", webhook))
            }
            let count = 2 * provider.reports.count
            let summary = try await sandbox.summary { $0["reportsAcknowledged"] == 10 * count }
            #expect(summary["reportsPending"] == 0)
            let messages = try await sandbox.ledger().messages
            #expect(messages.count == 10)
            #expect(messages.allSatisfy { $0.reports.map(\.status).sorted() == (provider.reports * 2).sorted() })
        }
    }
}

private func * (words: [String], count: Int) -> [String] {
    Array(repeatElement(words, count: count).joined())
}
