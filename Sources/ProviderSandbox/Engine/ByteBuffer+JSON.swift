import NIOCore

extension ByteBuffer {
    init(json: JSON, escapesUnicode: Bool = false) {
        self.init()
        writeJSON(json, escapesUnicode: escapesUnicode)
    }

    /// - Parameter escapesUnicode: whether all that is not ASCII is written as `\u…`, and `/` as `\/`.
    mutating func writeJSON(_ json: JSON, escapesUnicode: Bool = false) {
        switch json {
        case .null: writeStaticString("null")
        case .boolean(let value): writeString(value ? "true" : "false")
        case .number(let digits): writeString(digits)
        case .string(let text) where escapesUnicode: writeASCIIJSON(text)
        case .string(let text): writeJSON(text)
        case .array(let elements):
            writeStaticString("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { writeStaticString(",") }
                writeJSON(element, escapesUnicode: escapesUnicode)
            }
            writeStaticString("]")
        case .object(let members):
            writeStaticString("{")
            for (index, member) in members.enumerated() {
                if index > 0 { writeStaticString(",") }
                writeJSON(member.name)
                writeStaticString(":")
                writeJSON(member.value, escapesUnicode: escapesUnicode)
            }
            writeStaticString("}")
        }
    }

    /// As PHP writes it.
    private mutating func writeASCIIJSON(_ text: String) {
        let start = writerIndex
        writeJSON(text)
        let written = getString(at: start, length: writerIndex - start) ?? ""
        moveWriterIndex(to: start)
        for unit in written.utf16 {
            switch unit {
            case 0x2f: writeStaticString("\\/")
            case ..<0x80: writeInteger(UInt8(unit))
            default:
                let digits = String(unit, radix: 16)
                writeString("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            }
        }
    }

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
