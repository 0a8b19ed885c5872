import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import ProviderSandbox

@Suite("The mail server, over TLS", .timeLimit(.minutes(10)))
struct SMTPServerTests {
    /// A client that says a line and waits for the reply.
    private struct Client {
        let channel: any Channel
        private let lines: AsyncStream<String>

        /// Keeps what comes; each line by itself.
        private final class Reader: ChannelInboundHandler {
            typealias InboundIn = ByteBuffer

            private var pending = ByteBuffer()
            private let lines: AsyncStream<String>.Continuation

            init(_ lines: AsyncStream<String>.Continuation) { self.lines = lines }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                var bytes = unwrapInboundIn(data)
                pending.writeBuffer(&bytes)
                while let end = pending.readableBytesView.firstIndex(of: 10) {
                    let line = pending.readString(length: end - pending.readerIndex + 1) ?? ""
                    lines.yield(String(line.dropLast()))
                }
            }

            func channelInactive(context: ChannelHandlerContext) { lines.finish() }

            func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
        }

        init(port: Int) async throws {
            let (lines, continuation) = AsyncStream<String>.makeStream()
            self.lines = lines
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Reader(continuation))
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
        }

        /// The last line of the reply; nil when the connection ended without one.
        func reply() async -> String? {
            await lines.first { $0.dropFirst(3).first != "-" }
        }

        func say(_ text: String) async throws -> String? {
            // The server may have closed the connection by then, which is an answer too.
            try? await channel.writeAndFlush(ByteBuffer(string: text + "\r\n"))
            return await reply()
        }

        /// Trusts that certificate only.
        func startTLS(_ certificate: String) async throws {
            let trusted = try NIOSSLCertificate(bytes: Array(certificate.utf8), format: .pem)
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates([trusted])
            let context = try NIOSSLContext(configuration: configuration)
            try await channel.eventLoop.submit { [channel] in
                let handler = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
                try channel.pipeline.syncOperations.addHandler(handler, position: .first)
            }.get()
        }

        /// Up to where a mail may begin.
        func logIn(_ certificate: String) async throws {
            #expect(await reply() == SMTPSession.greeting)
            _ = try await say("EHLO c")
            let ready = try await say("STARTTLS")
            #expect(ready?.hasPrefix("220") == true)
            try await startTLS(certificate)
            _ = try await say("EHLO c")
            let credentials = Data("\0sandbox\0sandbox-password".utf8).base64EncodedString()
            let welcome = try await say("AUTH PLAIN \(credentials)")
            #expect(welcome?.hasPrefix("235") == true)
        }

        /// The answer to the whole mail.
        func send(
            to: String = "ada@example.com", from: String = "bounces@acme.example", delivery: String? = "d1"
        ) async throws -> String? {
            _ = try await say("MAIL FROM:<\(from)>")
            _ = try await say("RCPT TO:<\(to)>")
            _ = try await say("DATA")
            let header = delivery.map { "X-Our-Delivery: \($0)\r\n" } ?? ""
            return try await say("\(header)Subject: Hi\r\n\r\nhello\r\n.")
        }
    }

    private static func run(
        _ rates: FaultRates = FaultRates(),
        _ body: @Sendable (LiveSandbox, Client, CallbackReceiver) async throws -> Void
    ) async throws {
        try await CallbackReceiver.run { receiver in
            let url = try CallbackURL("http://localhost:\(receiver.port)/webhooks/email")
            let address = ListenAddress(host: "127.0.0.1", port: 0)
            let settings = ProviderSettings(smtp: SMTPSettings(listen: address, webhook: url, webhookToken: "posted"))
            try await LiveSandbox.run(rates, providers: settings) { sandbox in
                let pem = try await sandbox.client.execute(uri: "/smtp-certificate.pem", method: .get)
                let client = try await Client(port: try await port(of: sandbox))
                try await client.logIn(String(buffer: pem.body))
                try await body(sandbox, client, receiver)
                try? await client.channel.close()
            }
        }
    }

    /// As it is shown once the server listens; the test's time limit ends the wait otherwise.
    private static func port(of sandbox: LiveSandbox) async throws -> Int {
        while true {
            let about = try await sandbox.client.execute(uri: "/", method: .get)
            let text = String(buffer: about.body)
            if let range = text.firstRange(of: "on 127.0.0.1:"),
                let port = Int(text[range.upperBound...].prefix { $0.isNumber })
            {
                return port
            }
            await Task.yield()
        }
    }

    @Test("a mail is taken under its header's name, and not reported on")
    func ordinary() async throws {
        try await Self.run { sandbox, client, _ in
            let answer = try await client.send(delivery: "n.1")
            let message = try #require(try await sandbox.ledger().messages.first)
            #expect(answer == "250 2.0.0 Ok: queued as \(message.sid ?? "")")
            #expect(message.delivery == "n.1")
            #expect(message.provider == "smtp")
            #expect(message.finalStatus == "accepted")
            let second = try await client.send(delivery: "n.2")
            #expect(second?.hasPrefix("250") == true)
            let bye = try await client.say("QUIT")
            #expect(bye?.hasPrefix("221") == true)
        }
    }

    @Test("a mail without such a header is taken under the name in the address that it bounces to")
    func bounceAddress() async throws {
        try await Self.run { sandbox, client, _ in
            for from in ["bounces+n.1@acme.example", "bounces@acme.example", "bounces+@acme.example", ""] {
                let answer = try await client.send(from: from, delivery: nil)
                #expect(answer?.hasPrefix("250") == true)
            }
            let answer = try await client.send(from: "bounces+n.2@acme.example", delivery: "n.3")
            #expect(answer?.hasPrefix("250") == true)
            let names = try await sandbox.ledger().messages.map(\.delivery)
            #expect(names == ["n.1", nil, "n.3"])
        }
    }

    @Test(
        "addresses with a meaning are reported as RFC 3464 has it",
        arguments: [
            ("bounced@x.example", ["failed"], "5.1.1"), ("deferred@x.example", ["delayed", "delivered"], "2.0.0"),
            ("bounced-late@x.example", ["delivered", "failed"], "5.1.1"),
        ])
    func notifications(to: String, actions: [String], status: String) async throws {
        try await Self.run { _, client, receiver in
            let answer = try await client.send(to: to)
            #expect(answer?.hasPrefix("250") == true)
            let reports = await receiver.next(actions.count)
            for (report, action) in zip(reports, actions) {
                #expect(report.text.contains("\r\nContent-Type: multipart/report; report-type=delivery-status;"))
                #expect(report.text.contains("\r\nFinal-Recipient: rfc822; \(to)\r\nAction: \(action)\r\n"))
                #expect(report.text.contains("\r\nX-Our-Delivery: d1\r\n"))
                #expect(report.headers[.authorization] == "Bearer posted")
                #expect(report.text.contains("\r\nTo: bounces@acme.example\r\n"))
            }
            #expect(reports.last?.text.contains("\r\nStatus: \(status)\r\n") == true)
        }
    }

    @Test(
        "the knobs",
        arguments: [
            (FaultRates(throttle: 1), ["450"], 0), (FaultRates(failBefore: 1), ["421", "451"], 0),
            (FaultRates(closeBefore: 1), ["closed"], 0), (FaultRates(failAfter: 1), ["closed"], 1),
        ] as [(FaultRates, Set<String>, Int)])
    func knobs(rates: FaultRates, answers: Set<String>, accepted: Int) async throws {
        try await Self.run(rates) { sandbox, client, _ in
            let answer = try await client.send().map { String($0.prefix(3)) } ?? "closed"
            #expect(answers.contains(answer))
            #expect(try await sandbox.summary()["accepted"] == accepted)
        }
    }

    @Test("--drop: taken and answered, never reported on")
    func drop() async throws {
        try await Self.run(FaultRates(drop: 1)) { sandbox, client, _ in
            let answer = try await client.send(to: "bounced-late@x.example")
            #expect(answer?.hasPrefix("250") == true)
            let summary = try await sandbox.summary()
            #expect(summary["reportsDropped"] == 2)
            #expect(summary["reportsPlanned"] == 0)
        }
    }

    @Test("--duplicate and --shuffle: every notification twice, and the orders differ from mail to mail")
    func duplicateAndShuffle() async throws {
        try await Self.run(FaultRates(shuffle: 1, duplicate: 1)) { sandbox, client, _ in
            for number in 0..<10 {
                let answer = try await client.send(to: "deferred@x.example", delivery: "d\(number)")
                #expect(answer?.hasPrefix("250") == true)
            }
            let summary = try await sandbox.summary { $0["reportsAcknowledged"] == 40 }
            #expect(summary["reportsPending"] == 0)
            let orders = try await sandbox.ledger().messages.map { $0.reports.map(\.status) }
            #expect(orders.count == 10)
            #expect(orders.allSatisfy { $0.sorted() == ["delayed", "delayed", "delivered", "delivered"] })
            #expect(Set(orders).count > 1)
        }
    }

    @Test("--hang: no answer until the sandbox ends")
    func hang() async throws {
        let answers = AsyncStream<String?>.makeStream()
        try await Self.run(FaultRates(hang: 1)) { sandbox, client, _ in
            let answer = Task { try await client.send() }
            _ = try await sandbox.summary { $0["hangs"] == 1 }
            try await client.channel.close()
            answers.continuation.yield(try await answer.value)
        }
        for await answer in answers.stream {
            #expect(answer == nil)
            break
        }
    }

    @Test("what follows STARTTLS in the same packet is not taken for the client's word")
    func injection() async throws {
        try await Self.run { sandbox, _, _ in
            let pem = try await sandbox.client.execute(uri: "/smtp-certificate.pem", method: .get)
            let other = try await Client(port: try await Self.port(of: sandbox))
            _ = await other.reply()
            let hello = try await other.say("EHLO c")
            #expect(hello?.hasPrefix("250") == true)
            let ready = try await other.say("STARTTLS\r\nNOOP")
            #expect(ready?.hasPrefix("220") == true)
            try await other.startTLS(String(buffer: pem.body))
            let bye = try await other.say("QUIT")
            #expect(bye?.hasPrefix("221") == true)
            try? await other.channel.close()
        }
    }
}
