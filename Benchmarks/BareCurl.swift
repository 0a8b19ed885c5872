import ArgumentParser
import ChannelSDK
import CurlTransport
import Synchronization

/// The ceiling for sending: requests over the transport alone, 64 at a time.
struct BareCurl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bare-curl")

    @Option var url: String
    @Option var count = 40_000

    func run() async throws {
        let transport = try CurlTransport(.init(maxConcurrentRequestsPerOrigin: 64))
        let request = HTTPRequest(
            url: url, headers: ["Content-Type": "application/json"],
            body: Array(#"{"channel":"sms","to":"+15551230001","body":"hello"}"#.utf8))
        let requests = Array(repeating: request, count: count)
        let left = Mutex(count)
        let start = ContinuousClock.now
        await withCheckedContinuation { continuation in
            transport.submit(requests, defaultTimeout: .seconds(600)) { completions in
                let isOver = left.withLock { left in
                    left -= completions.count
                    return left == 0
                }
                if isOver { continuation.resume() }
            }
        }
        print(Int(Double(count) / ((ContinuousClock.now - start) / .seconds(1))))
        await transport.shutdown()
    }
}
