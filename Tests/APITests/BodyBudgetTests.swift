import ChannelSDK
import HTTPTypes
import HummingbirdTesting
import NIOCore
import NIOPosix
import Testing

@testable import API

@Suite(.timeLimit(.minutes(10)))
struct BodyBudgetTests {
    @Test func aShareGivesBackWhatItTook() {
        let budget = BodyBudget()
        var (first, second): (BodyBudget.Share?, BodyBudget.Share?) = (budget.share(), budget.share())
        #expect(first?.grow(to: 60, limit: 100) == true && first?.grow(to: 50, limit: 100) == true)
        #expect(budget.bytes == 60)
        #expect(second?.grow(to: 41, limit: 100) == false && second?.grow(to: 40, limit: 100) == true)
        #expect(first?.grow(to: 61, limit: 100) == false, "what was refused is not taken")
        #expect(budget.bytes == 100)
        first = nil
        #expect(budget.bytes == 40 && second?.grow(to: 100, limit: 100) == true)
        second = nil
        #expect(budget.bytes == 0)
    }

    private static func limits(_ bytes: Int) -> APILimits {
        var limits = APILimits(maxBody: 1 << 20, maxBatch: 1000)
        limits.maxBodiesInMemory = bytes
        return limits
    }

    private static func notification(bytes: Int) -> String {
        let frame = #"{"channel":"sms","to":"+15551230001","body":"x","metadata":{}}"#
        return frame + String(repeating: " ", count: bytes - frame.utf8.count)
    }

    @Test func whatDoesNotFitIsRefusedAndNothingIsKept() async throws {
        try await LiveAPI.run(limits: Self.limits(100 << 10)) { (api) async throws in
            let free = BodyBudget.free
            for (bytes, status) in [(free, 202), (free + 100 << 10, 202), (200 << 10, 503)] {
                let answer = try await api.post("/notifications", Self.notification(bytes: bytes))
                #expect(answer.status.code == status, "\(bytes): \(answer.text)")
                if status == 503 { #expect(answer.headers[.retryAfter] == "2") }
                #expect(api.dependencies.bodies.bytes == 0)
            }
            let webhook = try await api.callback(String(repeating: "x", count: 200 << 10))
            #expect(webhook.status == .serviceUnavailable && api.dependencies.bodies.bytes == 0)
        }
    }

    /// Bodies of nobody in particular, each one byte short: large ones are refused then, small ones are not, and all of it
    /// is free again when they end.
    @Test func bodiesThatNeverEndTakeNoMoreThanThat() async throws {
        let limit = 1 << 20
        try await LiveAPI.run(limits: Self.limits(limit), test: .live) { (api) async throws in
            let port = try #require(api.client.port)
            let size = 600 << 10
            var channels: [any NIOCore.Channel] = []
            for _ in 0..<6 {
                let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                    .connect(host: "127.0.0.1", port: port).get()
                let head = "POST /webhooks/sms HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n"
                channel.writeAndFlush(
                    ByteBuffer(string: head + String(repeating: "x", count: size - 1)), promise: nil)
                channels.append(channel)
            }
            // One fits as a whole, and what others began with is given back when they are refused.
            while api.dependencies.bodies.bytes != size - 1 - BodyBudget.free {
                try Task.checkCancellation()
                #expect(api.dependencies.bodies.bytes <= limit)
                await Task.yield()
            }
            #expect(try await api.post("/notifications", Self.notification(bytes: 900)).status == .accepted)
            #expect(
                try await api.post("/notifications", Self.notification(bytes: 900 << 10)).status == .serviceUnavailable)
            for channel in channels { try? await channel.close() }
            while api.dependencies.bodies.bytes != 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
            // What the system still had of the others may come meanwhile.
            while try await api.post("/notifications", Self.notification(bytes: 900 << 10)).status != .accepted {
                try Task.checkCancellation()
            }
        }
    }
}
