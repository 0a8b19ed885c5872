import ChannelSDK
import CurlTransport
import Foundation
import Synchronization

/// Mails per second to a mail server, beside a bare libcurl loop over as many connections, with the same mail.
struct MailRates {
    static let connections = 16
    static let batchSize = 100
    static let batches = 100

    let port: Int
    let rounds: Int

    private static var total: Int { batches * batchSize }

    func run() async throws {
        let transport = try CurlTransport(.init(maxMailConnectionsPerServer: Self.connections))
        let mail = SMTPSubmission(
            server: SMTPServer(host: "127.0.0.1", port: port, security: .none),
            sender: "bounces+0190a0b1-c2d3-7e4f-8a9b-0c1d2e3f4a5b.1@bounces.acme.example",
            recipient: "ada@example.com", message: Self.message)
        let bare = BareMail(
            url: "smtp://127.0.0.1:\(port)", connections: Self.connections, sender: mail.sender,
            recipient: mail.recipient, message: mail.message)
        let batch = Array(repeating: mail, count: Self.batchSize)

        var comparison = Comparison("SMTP sends", beside: "bare libcurl, 16 easy", aim: 0.8)
        // The first round warms up. The bare loop connects in each, as it ends with its threads: 16 in 10,000 mails.
        for round in 0...rounds {
            let ours = try await Spent.measure(Self.total) { try await Self.send(batch, transport) }
            let theirs = try Spent.measure(Self.total) { try bare.send(Self.total) }
            if round > 0 { comparison.add(ours: ours, bare: theirs) }
        }
        await transport.shutdown()
        try comparison.print()
    }

    /// All batches at once: the transport keeps those in line that have no connection yet.
    private static func send(_ batch: [SMTPSubmission], _ transport: CurlTransport) async throws {
        let state = Mutex((left: total, refused: 0))
        await withCheckedContinuation { continuation in
            for _ in 0..<batches {
                transport.submit(batch, defaultTimeout: .seconds(600)) { completions in
                    let refused = completions.count { (try? $0.result.get())?.isAcceptance != true }
                    let isOver = state.withLock { state in
                        state.left -= completions.count
                        state.refused += refused
                        return state.left == 0
                    }
                    if isOver { continuation.resume() }
                }
            }
        }
        let refused = state.withLock { $0.refused }
        if refused > 0 { throw BackendRates.Failure("\(refused) mails were not taken") }
    }

    /// As large as a short notification in text and HTML.
    private static let message: [UInt8] = {
        let header = """
            Date: Fri, 02 Jan 2026 03:04:05 +0000
            From: Acme <hello@acme.example>
            To: ada@example.com
            Message-ID: <0190a0b1-c2d3-7e4f-8a9b-0c1d2e3f4a5b.1@acme.example>
            Subject: Your parcel is here
            MIME-Version: 1.0
            Content-Type: text/html; charset=utf-8
            List-Unsubscribe: <https://acme.example/unsubscribe?mail=0190a0b1-c2d3-7e4f-8a9b-0c1d2e3f4a5b.1>


            """
        let body = (0..<24).map {
            "<p>Paragraph \($0): your parcel is here, at the usual place, since this morning.</p>\n"
        }
        return Array((header + body.joined()).replacing("\n", with: "\r\n").utf8)
    }()
}
