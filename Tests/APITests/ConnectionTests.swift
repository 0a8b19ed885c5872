import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Testing

@testable import API

@Suite struct RequestTimerTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func timer() -> RequestTimer {
        RequestTimer(headTime: .seconds(15), bodyTime: .seconds(60), idleTime: .seconds(30), now: start)
    }

    @Test func theFirstHeadIsExpectedSoon() {
        let timer = timer()
        #expect(timer.deadline == start + .seconds(15))
        #expect(timer.isExpected && timer.mayAnswer)
    }

    @Test func anAnswerTakesAsLongAsItNeeds() {
        var timer = timer()
        timer.headCame(at: start + .seconds(1))
        #expect(timer.deadline == start + .seconds(61))
        timer.requestEnded(at: start + .seconds(2))
        #expect(timer.deadline == nil)
        #expect(!timer.mayAnswer)
        timer.answerBegan()
        timer.answerEnded(at: start + .seconds(500))
        #expect(timer.deadline == start + .seconds(530))
        #expect(!timer.isExpected)
    }

    @Test func whatFollowsAnEarlyAnswerMustStillCome() {
        var timer = timer()
        timer.headCame(at: start)
        timer.answerBegan()
        #expect(!timer.mayAnswer)
        timer.answerEnded(at: start + .seconds(1))
        #expect(timer.deadline == start + .seconds(60))
        timer.requestEnded(at: start + .seconds(2))
        #expect(timer.deadline == start + .seconds(32))
    }
}

@Suite struct WriteStallTests {
    @Test func progressBeginsTheTimeAnew() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var stall = WriteStall(time: .seconds(60), now: start, pending: 1000)
        let steps: [(seconds: Int64, pending: Int, isOver: Bool)] = [
            (59, 1000, false), (60, 999, false), (119, 999, false), (120, 999, true),
        ]
        for step in steps {
            let isOver = stall.isOver(at: start + .seconds(step.seconds), pending: step.pending)
            #expect(isOver == step.isOver, "\(step)")
        }
        #expect(stall.deadline == start + .seconds(120))
    }
}

/// The guard behind a real decoder, on a loop whose time the test holds.
@Suite struct ConnectionGuardTests {
    private let channel: EmbeddedChannel

    init() throws {
        var limits = APILimits()
        limits.maxHeaderFields = 10
        limits.maxHeaderBytes = 1000
        limits.headTime = .seconds(15)
        limits.bodyTime = .seconds(60)
        limits.idleTime = .seconds(30)
        channel = EmbeddedChannel()
        var decoder = NIOHTTPDecoderLimitConfiguration()
        decoder.maxHeaderFieldCount = limits.maxHeaderFields
        decoder.maxHeaderListSize = limits.maxHeaderBytes
        decoder.maxHeaderFieldSize = limits.maxHeaderBytes
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: decoder)
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try channel.pipeline.syncOperations.addHandler(ConnectionGuard(limits: limits))
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    private func send(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    private func answer() throws -> String {
        var text = ""
        while let part = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: part) }
        channel.embeddedEventLoop.run()
        return text
    }

    private func pass(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

    @Test func aHeadThatTricklesInIsCutOff() throws {
        for byte in "GET / HTTP/1.1".utf8 {
            try send(String(Unicode.Scalar(byte)))
            pass(1)
        }
        #expect(channel.isActive)
        pass(1)
        #expect(try answer().hasPrefix("HTTP/1.1 408 "))
        #expect(!channel.isActive)
    }

    @Test func aBodyThatTricklesInIsCutOff() throws {
        try send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        for _ in 0..<59 {
            pass(1)
            try send("x")
        }
        #expect(channel.isActive)
        pass(1)
        #expect(try answer().hasPrefix("HTTP/1.1 408 "))
        #expect(!channel.isActive)
    }

    /// The body's time ends before the first head's would have.
    @Test func aShorterTimeIsNotLateForALongerOne() throws {
        var limits = APILimits()
        (limits.headTime, limits.bodyTime) = (.seconds(15), .seconds(5))
        // On this loop it is done at once.
        _ = channel.pipeline.syncOperations.removeHandler(
            try channel.pipeline.syncOperations.handler(type: ConnectionGuard.self))
        try channel.pipeline.syncOperations.addHandler(ConnectionGuard(limits: limits))
        try send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        pass(4)
        #expect(channel.isActive)
        pass(1)
        #expect(try answer().hasPrefix("HTTP/1.1 408 "))
        #expect(!channel.isActive)
    }

    @Test func aSlowAnswerIsNotCutOff() throws {
        try send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        pass(3600)
        #expect(channel.isActive)
        try channel.writeOutbound(HTTPResponsePart.head(.init(status: .ok)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        pass(29)
        #expect(channel.isActive)
        #expect(try answer().hasPrefix("HTTP/1.1 200 "))
        pass(1)
        #expect(!channel.isActive)
        #expect(try answer() == "")
    }

    /// Nothing is read from it; the channel is told so as the network would.
    @Test func anAnswerThatIsNotTakenIsCutOff() throws {
        try send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try channel.writeOutbound(HTTPResponsePart.head(.init(status: .ok)))
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        pass(29)
        #expect(channel.isActive)
        pass(1)
        #expect(!channel.isActive)
    }

    @Test func anAnswerThatIsTakenAgainIsNotCutOff() throws {
        try send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        for isWritable in [false, true] {
            channel.isWritable = isWritable
            channel.pipeline.fireChannelWritabilityChanged()
            pass(20)
        }
        pass(3600)
        #expect(channel.isActive)
    }

    @Test(arguments: [
        (String(repeating: "X-Many: 1\r\n", count: 11), "HTTP/1.1 431 "),
        ("X-Long: " + String(repeating: "x", count: 1001) + "\r\n", "HTTP/1.1 431 "),
        ((0..<9).map { "X-\($0): " + String(repeating: "x", count: 120) + "\r\n" }.joined(), "HTTP/1.1 431 "),
        ("Content-Length: x\r\n", "HTTP/1.1 400 "), ("No colon here\r\n", "HTTP/1.1 400 "),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", "HTTP/1.1 400 "),
    ])
    func aBadHeadIsRefused(fields: String, status: String) throws {
        try? send("GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n")
        let answer = try answer()
        #expect(answer.hasPrefix(status), "\(answer)")
        #expect(answer.contains("application/problem+json"))
        #expect(!channel.isActive)
    }

    @Test func whatIsNoHTTPIsRefused() throws {
        try? send("\u{16}\u{3}\u{1} hello?\r\n\r\n")
        #expect(try answer().hasPrefix("HTTP/1.1 400 "))
        #expect(!channel.isActive)
    }

    @Test func anAddressWithoutEndIsRefused() throws {
        try? send("GET /" + String(repeating: "x", count: 2000))
        #expect(try answer().hasPrefix("HTTP/1.1 431 "))
        #expect(!channel.isActive)
    }

    @Test func aBrokenBodyOfAnAnsweredRequestOnlyCloses() throws {
        try send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        try channel.writeOutbound(HTTPResponsePart.head(.init(status: .ok, headerFields: [.contentLength: "0"])))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        try? send("zz\r\n")
        let answer = try answer()
        #expect(answer.hasPrefix("HTTP/1.1 200 ") && !answer.contains("400"))
        #expect(!channel.isActive)
    }

    /// Else the end of the connection would look like the end of the body, and half a batch like a whole one.
    @Test(arguments: ["Content-Length: 5\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"])
    func aRequestThatIsCutOffIsAnError(request: String) throws {
        try send("POST / HTTP/1.1\r\nHost: x\r\n" + request)
        #expect(throws: ChannelError.inputClosed) { _ = try channel.finish() }
    }

    @Test func aConnectionThatEndsBehindARequestIsNone() throws {
        try send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
        _ = try channel.finish()
    }
}
