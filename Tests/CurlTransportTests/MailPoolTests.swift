import ChannelSDK
import Synchronization
import Testing

@testable import CurlTransport

/// Many mails, many servers, and the end.
@Suite(.timeLimit(.minutes(10)))
struct MailPoolTests: MailSuite {
    /// A server that never replies holds up nobody else: neither mails to others nor requests.
    @Test func aSlowServerDelaysNoOther() async throws {
        let slow = ScriptedMailServer { $0.command == "." ? .hang : .usual }
        let quick = ScriptedMailServer()
        let http = ScriptedServer { _ in [.read, .write(CurlTransportTests.ok)] }
        let transport = try CurlTransport()
        async let waiting = transport.perform(mail(slow))
        while slow.messages.isEmpty { try await Self.pause() }
        #expect(reply(await transport.perform(mail(quick)))?.isAcceptance == true)
        let answer = await transport.perform(HTTPRequest(url: http.url))
        #expect(try answer.get().status == 200)
        slow.stop()
        #expect(failure(await waiting)?.mayHaveBeenSent == true)
        await transport.shutdown()
        quick.stop()
        http.stop()
    }

    @Test func everyMailEndsExactlyOnce() async throws {
        let server = ScriptedMailServer()
        try await run(.init(maxMailConnectionsPerServer: 8), server: server) { transport in
            let ends = Mutex<[Int: Int]>([:])
            let (batches, each) = (10, 50)
            let mail = mail(server)
            await withCheckedContinuation { continuation in
                for batch in 0..<batches {
                    transport.submit(Array(repeating: mail, count: each), defaultTimeout: .seconds(30)) { completions in
                        let isOver = ends.withLock { ends in
                            for completion in completions { ends[batch * each + completion.index, default: 0] += 1 }
                            return ends.values.reduce(0, +) == batches * each
                        }
                        if isOver { continuation.resume() }
                    }
                }
            }
            #expect(ends.withLock { $0.count } == batches * each)
            #expect(ends.withLock { $0.values.allSatisfy { $0 == 1 } })
            #expect(server.messages.count == batches * each)
            #expect(server.connectionCount <= 8)
        }
    }

    /// Wherever each mail is when the end comes.
    @Test func everyMailEndsExactlyOnceWhenStopped() async throws {
        for round in 0..<20 {
            let server = ScriptedMailServer()
            let transport = try CurlTransport(.init(maxMailConnectionsPerServer: 4, maxIdleTime: .milliseconds(1)))
            let ends = Mutex<[Int]>([])
            let mail = mail(server)
            for batch in 0..<10 {
                transport.submit(Array(repeating: mail, count: 5), defaultTimeout: .seconds(30)) { completions in
                    ends.withLock { $0 += completions.map { batch * 5 + $0.index } }
                }
            }
            while server.messages.count < round { try await Self.pause() }
            await transport.shutdown()
            #expect(ends.withLock { $0.sorted() } == Array(0..<50))
            server.stop()
        }
    }

    @Test func mailsThatWaitTooLongAreNotSent() async throws {
        let server = ScriptedMailServer { $0.command == "." ? .hang : .usual }
        try await run(.init(maxMailConnectionsPerServer: 1), server: server) { transport in
            var mail = mail(server)
            mail.timeout = .seconds(2)
            let first = mail
            async let hung = transport.perform(first)
            while server.messages.isEmpty { try await Self.pause() }
            let late = failure(await transport.perform(mail))
            #expect(late?.reason == .timeout && late?.mayHaveBeenSent == false)
            #expect(failure(await hung)?.mayHaveBeenSent == true)
            #expect(server.messages.count == 1)
        }
    }

    @Test func stopsWithMailsUnderWay() async throws {
        let server = ScriptedMailServer { $0.command == "." ? .hang : .usual }
        let transport = try CurlTransport(.init(maxMailConnectionsPerServer: 1))
        let mail = mail(server)
        async let hung = transport.perform(mail)
        while server.messages.isEmpty { try await Self.pause() }
        async let waiting = transport.perform(mail)
        await transport.shutdown()
        #expect(failure(await hung)?.reason == .shutdown)
        #expect(failure(await hung)?.mayHaveBeenSent == true)
        #expect(failure(await waiting) == .stopped)
        #expect(failure(await transport.perform(mail)) == .stopped)
        server.stop()
    }

    /// Idle threads end, and mail goes on after them.
    @Test func idleConnectionsEnd() async throws {
        let server = ScriptedMailServer()
        try await run(.init(maxIdleTime: .milliseconds(1)), server: server) { transport in
            for _ in 0..<3 {
                let count = server.connectionCount
                #expect(reply(await transport.perform(mail(server)))?.isAcceptance == true)
                while server.commands.count(where: { $0 == "QUIT" }) <= count { try await Self.pause() }
            }
            #expect(server.connectionCount == 3)
        }
    }
}
