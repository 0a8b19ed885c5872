import NIOCore

extension ByteBuffer {
    /// Writes a whole HTTP/1.1 request.
    /// - Parameter headers: without `Host` and `Content-Length`.
    mutating func writeRequest(
        _ method: StaticString = "POST", to url: CallbackURL, target: String? = nil,
        headers: [(name: StaticString, value: String)], body: ByteBuffer
    ) {
        writeStaticString(method)
        writeStaticString(" ")
        writeString(target ?? url.target)
        writeStaticString(" HTTP/1.1\r\nHost: ")
        writeString(url.authority)
        for header in headers {
            writeStaticString("\r\n")
            writeStaticString(header.name)
            writeStaticString(": ")
            writeString(header.value)
        }
        writeString("\r\nContent-Length: \(body.readableBytes)\r\n\r\n")
        writeImmutableBuffer(body)
    }
}
