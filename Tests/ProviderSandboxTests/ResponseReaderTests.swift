import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("The reader of callback answers")
struct ResponseReaderTests {
    private static let responses: [(text: String, status: Int, keepsAlive: Bool)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nX: y\r\n\r\nhello", 200, true),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, true),
        ("HTTP/1.1 503 Service Unavailable\r\nContent-Length:2\r\nConnection: Close\r\n\r\nno", 503, false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 200, false),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", 200, true),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", 200,
            true
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n", 200, true),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 403, true),
        ("HTTP/1.1 200 OK\r\n\r\n", 200, false),
    ]

    @Test("finds the end of a response, wherever its bytes are divided", arguments: responses.indices)
    func reads(index: Int) throws {
        let (text, status, keepsAlive) = Self.responses[index]
        let expected = ResponseReader.Response(status: status, keepsAlive: keepsAlive)
        let bytes = Array(text.utf8)
        for division in 1..<bytes.count {
            var reader = ResponseReader()
            var first = ByteBuffer(bytes: bytes[..<division])
            var second = ByteBuffer(bytes: bytes[division...])
            let early = try reader.read(&first)
            #expect(early == nil, "divided at \(division)")
            let response = try reader.read(&second)
            #expect(response == expected, "divided at \(division)")
        }
    }

    @Test("reads one response after another, byte by byte")
    func sequence() throws {
        var reader = ResponseReader()
        for (text, status, _) in Self.responses {
            var found: ResponseReader.Response?
            for byte in text.utf8 {
                #expect(found == nil)
                var buffer = ByteBuffer(bytes: [byte])
                found = try reader.read(&buffer)
            }
            #expect(found?.status == status)
        }
    }

    @Test(
        "refuses what is no HTTP response",
        arguments: [
            "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 xyz\r\n\r\n", "\r\n\r\n", "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", String(repeating: "x", count: 70_000),
        ])
    func refuses(text: String) {
        #expect(throws: ResponseReader.Problem.self) {
            var reader = ResponseReader()
            var buffer = ByteBuffer(string: text)
            _ = try reader.read(&buffer)
        }
    }
}
