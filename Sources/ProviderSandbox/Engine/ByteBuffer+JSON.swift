import NIOCore

extension ByteBuffer {
    /// Writes `text` as a JSON string with its quotes; nil as `null`.
    mutating func writeJSON(_ text: String?) {
        guard var text else {
            writeStaticString("null")
            return
        }
        writeInteger(UInt8(ascii: "\""))
        text.withUTF8 { bytes in
            if bytes.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
                _ = writeBytes(UnsafeRawBufferPointer(bytes))
            } else {
                writeEscaped(bytes)
            }
        }
        writeInteger(UInt8(ascii: "\""))
    }

    private mutating func writeEscaped(_ bytes: UnsafeBufferPointer<UInt8>) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""): writeStaticString("\\\"")
            case UInt8(ascii: "\\"): writeStaticString("\\\\")
            case UInt8(ascii: "\n"): writeStaticString("\\n")
            case UInt8(ascii: "\r"): writeStaticString("\\r")
            case UInt8(ascii: "\t"): writeStaticString("\\t")
            case 0..<0x20: writeString("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
            default: writeInteger(byte)
            }
        }
    }
}
