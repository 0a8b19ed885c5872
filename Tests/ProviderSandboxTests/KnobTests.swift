import HTTPTypes
import HummingbirdTesting
import NIOCore
import NIOPosix
import Testing

@testable import ProviderSandbox

@Suite("The knobs, over HTTP", .timeLimit(.minutes(10)))
struct KnobTests {
    @Test("--fail-before: 500 or 503, and nothing is taken")
    func failBefore() async throws {
        try await LiveSandbox.run(FaultRates(failBefore: 1)) { sandbox in
            var statuses: Set<Int> = []
            for _ in 0..<20 { statuses.insert(try await sandbox.send().status.code) }
            #expect(statuses == [500, 503])
            let summary = try await sandbox.summary()
            #expect(summary["refused"] == 20)
            #expect(summary["accepted"] == 0)
        }
    }

    @Test("--throttle: 429 with Twilio's code, and nothing is taken")
    func throttle() async throws {
        try await LiveSandbox.run(FaultRates(throttle: 1)) { sandbox in
            let response = try await sandbox.send()
            #expect(response.status == .tooManyRequests)
            #expect(String(buffer: response.body).contains("\"code\":20429"))
            #expect(try await sandbox.summary()["accepted"] == 0)
        }
    }

    @Test("--fail-after: the message is taken, the connection closed without an answer, the reports sent")
    func failAfter() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run(FaultRates(failAfter: 1)) { sandbox in
                await #expect(throws: (any Error).self) { try await sandbox.send(callback: receiver.url("d1")) }
                #expect(await receiver.next(2).map { $0.fields["MessageStatus"] } == ["sent", "delivered"])
                let summary = try await sandbox.drained()
                #expect(summary["answersLost"] == 1)
                #expect(summary["accepted"] == 1)
            }
        }
    }

    @Test("--close-before: the connection is closed without an answer, and nothing is taken")
    func closeBefore() async throws {
        try await LiveSandbox.run(FaultRates(closeBefore: 1)) { sandbox in
            await #expect(throws: (any Error).self) { try await sandbox.send() }
            let summary = try await sandbox.summary()
            #expect(summary["closed"] == 1)
            #expect(summary["accepted"] == 0)
        }
    }

    @Test("--hang: never answered, reported when it was taken; and a shutdown does not wait for it")
    func hang() async throws {
        let plan = FaultPlan(seed: 7, rates: FaultRates(hang: 1))
        // Fewer than the connections that the client opens at most.
        let keys = (0..<6).map { "d\($0)" }
        let taken = keys.filter { plan.fate(of: $0, attempt: 1).isTaken }
        #expect(!taken.isEmpty && taken.count < keys.count)
        try await CallbackReceiver.run { receiver in
            let requests = try await LiveSandbox.run(FaultRates(hang: 1)) { sandbox in
                let requests = keys.map { key in Task { try await sandbox.send(callback: receiver.url(key)) } }
                _ = try await sandbox.summary { $0["hangs"] == keys.count }
                let reported = Set(await receiver.next(2 * taken.count).map(\.target))
                #expect(reported == Set(taken.map { "/webhooks/sms?delivery=\($0)" }))
                let summary = try await sandbox.drained()
                #expect(summary["hangsTaken"] == taken.count)
                #expect(summary["accepted"] == taken.count)
                return requests
            }
            for request in requests {
                await #expect(throws: (any Error).self) { try await request.value }
            }
        }
    }

    @Test("a held connection ends when its client closes it")
    func abandoned() async throws {
        try await LiveSandbox.run { sandbox in
            let closed = AsyncStream<Void>.makeStream()
            let port = try #require(sandbox.client.port)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .connect(host: "localhost", port: port).get()
            channel.closeFuture.whenComplete { _ in closed.continuation.finish() }
            let body = "To=%2B15005560009&From=Acme&Body=hello"
            try await channel.writeAndFlush(
                ByteBuffer(
                    string: "POST \(LiveSandbox.messages) HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                        + "\(LiveSandbox.authorization)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"))
            _ = try await sandbox.summary { $0["hangsTaken"] == 1 }
            // Closing one direction says the client has gone; the sandbox answers by closing the other.
            try await channel.close(mode: .output)
            for await _ in closed.stream {}
        }
    }

    @Test("--drop: taken and answered, never reported")
    func drop() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run(FaultRates(drop: 1)) { sandbox in
                #expect(try await sandbox.send(callback: receiver.url("d1")).status == .created)
                let summary = try await sandbox.summary()
                #expect(summary["reportsDropped"] == 2)
                #expect(summary["reportsPlanned"] == 0)
                let message = try #require(try await sandbox.ledger().messages.first)
                #expect(message.dropped)
                #expect(message.finalStatus == "queued")
            }
        }
    }

    @Test("--duplicate and --shuffle: every report is sent twice, and the orders differ from message to message")
    func duplicateAndShuffle() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run(FaultRates(shuffle: 1, duplicate: 1)) { sandbox in
                for number in 0..<20 { _ = try await sandbox.send(callback: receiver.url("d\(number)")) }
                let callbacks = await receiver.next(80)
                let orders = Dictionary(grouping: callbacks, by: \.target).values
                    .map { $0.compactMap { $0.fields["MessageStatus"] } }
                #expect(orders.allSatisfy { $0.sorted() == ["delivered", "delivered", "sent", "sent"] })
                #expect(Set(orders).count > 1)
                #expect(try await sandbox.drained()["reportsAcknowledged"] == 80)
            }
        }
    }

    @Test("callbacks that are not answered 2xx are tried again, and the next report waits for them")
    func retries() async throws {
        try await CallbackReceiver.run(answers: [.internalServerError, .serviceUnavailable, .forbidden]) { receiver in
            try await LiveSandbox.run { sandbox in
                _ = try await sandbox.send(callback: receiver.url("d1"))
                #expect(
                    await receiver.next(5).map { $0.fields["MessageStatus"] }
                        == ["sent", "sent", "sent", "sent", "delivered"])
                let summary = try await sandbox.drained()
                #expect(summary["reportsFailed"] == 3)
                #expect(summary["reportsAcknowledged"] == 2)
                let reports = try #require(try await sandbox.ledger().messages.first).reports
                #expect(reports.map(\.answer) == [500, 503, 403, 200, 200])
                #expect(reports.map(\.try) == [1, 2, 3, 4, 1])
            }
        }
    }

    @Test("a receiver that starts later gets its callbacks")
    func lateReceiver() async throws {
        let port = try await freePort()
        try await LiveSandbox.run { sandbox in
            let callback = "http://localhost:\(port)/webhooks/sms?delivery=d1"
            #expect(try await sandbox.send(callback: callback).status == .created)
            try await CallbackReceiver.run(port: port) { receiver in
                #expect(await receiver.next(2).map { $0.fields["MessageStatus"] } == ["sent", "delivered"])
                let summary = try await sandbox.drained()
                #expect(summary["reportsGivenUp"] == 0)
            }
        }
    }

    @Test("a receiver that never comes is given up")
    func givenUp() async throws {
        let port = try await freePort()
        try await LiveSandbox.run(retryFor: .zero) { sandbox in
            _ = try await sandbox.send(callback: "http://localhost:\(port)/?delivery=d1")
            let summary = try await sandbox.drained()
            #expect(summary["reportsGivenUp"] == 2)
            #expect(summary["reportsAcknowledged"] == 0)
        }
    }

    /// A port that nobody listens on.
    private func freePort() async throws -> Int {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "localhost", port: 0).get()
        let port = server.localAddress?.port
        try await server.close()
        return try #require(port)
    }
}
