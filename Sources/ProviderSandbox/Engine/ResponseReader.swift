import NIOCore

/// Finds the end of an HTTP/1.1 response, and what a sender of callbacks wants to know of it: the status, and whether
/// the connection can be used again. It is this small because a callback's answer is nearly always a few short lines.
struct ResponseReader: Sendable {
    struct Response: Sendable, Hashable {
        var status: Int
        var keepsAlive: Bool
    }

    enum Problem: Error {
        case notHTTP
        case headTooLong
    }

    private enum Body {
        case none
        case length(Int)
        case chunked
        case untilClose
    }

    private static let longestHead = 65_536

    /// What is left of the response's bytes: the head until it is complete, then nothing but unread chunks.
    private var pending = ByteBuffer()
    private var response: Response?
    /// Bytes of the body, or of the chunk, that are still to come.
    private var remaining = 0
    private var isChunked = false
    private var isLastChunk = false

    /// - Returns: the response once its last byte is there.
    mutating func read(_ bytes: inout ByteBuffer) throws(Problem) -> Response? {
        if pending.readableBytes == 0 {
            swap(&pending, &bytes)
        } else {
            pending.writeBuffer(&bytes)
        }
        while response == nil {
            guard try readHead() else { return nil }
        }
        return try readBody()
    }

    /// - Returns: false when more bytes are needed.
    private mutating func readHead() throws(Problem) -> Bool {
        guard let length = Self.endOfHead(pending.readableBytesView) else {
            guard pending.readableBytes <= Self.longestHead else { throw .headTooLong }
            return false
        }
        let head = pending.readSlice(length: length)!
        let (status, body, keepsAlive) = try Self.parse(head.readableBytesView)
        // An interim response: the real one follows.
        guard status >= 200 else { return true }
        response = Response(status: status, keepsAlive: keepsAlive)
        switch body {
        case .none: break
        case .length(let length): remaining = length
        case .chunked: isChunked = true
        case .untilClose: response?.keepsAlive = false
        }
        return true
    }

    private mutating func readBody() throws(Problem) -> Response? {
        while true {
            let skipped = min(remaining, pending.readableBytes)
            pending.moveReaderIndex(forwardBy: skipped)
            remaining -= skipped
            guard remaining == 0 else { return nil }
            guard isChunked else { break }
            guard let line = try readLine() else { return nil }
            if isLastChunk {
                // After the last chunk come trailers, then an empty line.
                if line.isEmpty { break }
            } else {
                guard let size = Int(line.prefix { $0 != ";" && $0 != " " }, radix: 16), size >= 0 else {
                    throw .notHTTP
                }
                isLastChunk = size == 0
                remaining = size == 0 ? 0 : size + 2
            }
        }
        defer { self = ResponseReader() }
        return response
    }

    private mutating func readLine() throws(Problem) -> String? {
        let view = pending.readableBytesView
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else {
            guard view.count <= Self.longestHead else { throw .headTooLong }
            return nil
        }
        var line = view[..<end]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self)
        pending.moveReaderIndex(to: end + 1)
        return text
    }

    /// The length of the head with the empty line behind it.
    private static func endOfHead(_ bytes: ByteBufferView) -> Int? {
        bytes.withUnsafeBytes { bytes -> Int? in
            guard bytes.count >= 4 else { return nil }
            for index in 3..<bytes.count where bytes[index] == 10 && bytes[index - 1] == 13 {
                if bytes[index - 2] == 10 && bytes[index - 3] == 13 { return index + 1 }
            }
            return nil
        }
    }

    private static func parse(_ head: ByteBufferView) throws(Problem) -> (Int, Body, keepsAlive: Bool) {
        var lines = head.split(separator: UInt8(ascii: "\n")).makeIterator()
        guard let first = lines.next(), first.starts(with: "HTTP/1.".utf8), first.count >= 12,
            let status = Int(String(decoding: first.dropFirst(9).prefix(3), as: UTF8.self)), status >= 100
        else { throw .notHTTP }
        var body = status == 204 || status == 304 ? Body.none : .untilClose
        var keepsAlive = first.dropFirst(7).first == UInt8(ascii: "1")
        while let line = lines.next() {
            if let value = Self.value(of: "content-length:", in: line), case .untilClose = body {
                guard let length = Int(value), length >= 0 else { throw .notHTTP }
                body = .length(length)
            } else if let value = Self.value(of: "transfer-encoding:", in: line), status != 204, status != 304 {
                body = value.lowercased().hasSuffix("chunked") ? .chunked : .untilClose
            } else if let value = Self.value(of: "connection:", in: line) {
                keepsAlive = value.lowercased() != "close" && (keepsAlive || value.lowercased() == "keep-alive")
            }
        }
        return (status, body, keepsAlive)
    }

    /// The header's value when `line` is the header `name`, written in lower case with its colon.
    private static func value(of name: StaticString, in line: ByteBufferView) -> String? {
        guard line.count >= name.utf8CodeUnitCount else { return nil }
        let matches = name.withUTF8Buffer { name in
            zip(name, line).allSatisfy { $0 == ($1 >= 65 && $1 <= 90 ? $1 | 0x20 : $1) }
        }
        guard matches else { return nil }
        var value = line.dropFirst(name.utf8CodeUnitCount)
        while let last = value.last, last <= 0x20 { value.removeLast() }
        return String(decoding: value.drop { $0 <= 0x20 }, as: UTF8.self)
    }
}
