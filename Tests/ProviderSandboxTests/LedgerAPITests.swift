import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("The ledger, over HTTP", .timeLimit(.minutes(10)))
struct LedgerAPITests {
    @Test("an entry says what was asked, taken and reported")
    func entry() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run { sandbox in
                _ = try await sandbox.send(callback: receiver.url("d1"))
                _ = try await sandbox.send(callback: receiver.url("d1"))
                let summary = try await sandbox.drained()
                #expect(summary["messages"] == 1)
                #expect(summary["duplicates"] == 1)
                let message = try #require(try await sandbox.ledger().messages.first)
                #expect(message.delivery == "d1")
                #expect(message.to == "+15551234567")
                #expect(message.bodySHA256 == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
                #expect(message.timesAccepted == 2)
                #expect(message.attempts["answered"] == 2)
                #expect(message.reportsPlanned == 4)
                #expect(message.reportsPending == 0)
                #expect(message.finalStatus == "delivered")
                #expect(message.reports.count == 4)
                #expect(message.reports.allSatisfy { $0.answer == 200 })
            }
        }
    }

    @Test("pages join to the whole, whatever their size", arguments: [1, 7, 256, 300, 1000])
    func pages(limit: Int) async throws {
        try await LiveSandbox.run { sandbox in
            for number in 0..<300 {
                // A URL that is never called: the port is nobody's, and nothing is reported about what is refused.
                _ = try await sandbox.send(
                    to: SpecialNumber.optedOut.rawValue, callback: "http://localhost:1/?delivery=d\(number)")
            }
            var positions: [Int] = []
            var after: Int? = 0
            while let position = after {
                let page = try await sandbox.ledger("?after=\(position)&limit=\(limit)")
                #expect(page.messages.count <= limit)
                positions += page.messages.map(\.position)
                after = page.next
            }
            #expect(positions == Array(1...300))
            #expect(try await sandbox.ledger().messages.compactMap(\.delivery) == (0..<300).map { "d\($0)" })
        }
    }

    @Test("a page that makes no sense is 400", arguments: ["?after=x", "?limit=-1"])
    func badPage(query: String) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.client.execute(uri: "/ledger" + query, method: .get)
            #expect(response.status == .badRequest)
        }
    }

    @Test("an empty page and an empty ledger are JSON too", arguments: ["", "?limit=0", "?after=5"])
    func empty(query: String) async throws {
        try await LiveSandbox.run { sandbox in
            let page = try await sandbox.ledger(query)
            #expect(page.messages.isEmpty)
            #expect(page.next == nil)
        }
    }

    @Test("DELETE forgets everything")
    func reset() async throws {
        try await LiveSandbox.run { sandbox in
            let created = try await sandbox.send()
            #expect(created.status == .created)
            #expect(try await sandbox.client.execute(uri: "/ledger", method: .delete).status == .noContent)
            #expect(try await sandbox.summary().values.allSatisfy { $0 == 0 })
            #expect(try await sandbox.ledger().messages.isEmpty)
        }
    }

    @Test("GET / and GET /health say what they should")
    func about() async throws {
        try await LiveSandbox.run { sandbox in
            let about = try await sandbox.client.execute(uri: "/", method: .get)
            #expect(String(buffer: about.body).contains("seed 7"))
            #expect(SpecialNumber.allCases.allSatisfy { String(buffer: about.body).contains($0.rawValue) })
            let health = try await sandbox.client.execute(uri: "/health", method: .get)
            #expect(String(buffer: health.body) == #"{"status":"ok"}"#)
        }
    }
}
