import NIOCore

/// The fields of an `application/x-www-form-urlencoded` body, decoded, in their order.
struct FormFields: Sendable {
    private var fields: [(name: String, value: String)] = []

    /// In their order.
    var all: [(name: String, value: String)] { fields }

    init(_ fields: [(name: String, value: String)]) { self.fields = fields }

    /// Nil when a name or value is no UTF-8, or has a `%` without two hexadecimal digits.
    init?(_ body: ByteBuffer) {
        guard let fields = body.withUnsafeReadableBytes(FormFields.init) else { return nil }
        self = fields
    }

    init?(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "&")) ?? bytes.count
            defer { start = end + 1 }
            guard start < end else { continue }
            let equals = bytes[start..<end].firstIndex(of: UInt8(ascii: "=")) ?? end
            let value = UnsafeRawBufferPointer(rebasing: bytes[min(equals + 1, end)..<end])
            guard let name = Self.decode(UnsafeRawBufferPointer(rebasing: bytes[start..<equals])),
                let value = Self.decode(value)
            else { return nil }
            fields.append((name, value))
        }
    }

    /// The value of the first field with this name.
    subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    /// The value of the first field with this name, unless it is empty.
    func nonEmpty(_ name: String) -> String? {
        self[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    func count(of name: String) -> Int {
        fields.count { $0.name == name && !$0.value.isEmpty }
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) -> String? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { decoded -> String? in
            var count = 0
            var index = 0
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "+"):
                    decoded[count] = UInt8(ascii: " ")
                case UInt8(ascii: "%"):
                    guard index + 2 < bytes.count, let high = hexValue(bytes[index + 1]),
                        let low = hexValue(bytes[index + 2])
                    else { return nil }
                    decoded[count] = high << 4 | low
                    index += 2
                default:
                    decoded[count] = bytes[index]
                }
                count += 1
                index += 1
            }
            return String(validating: UnsafeBufferPointer(rebasing: decoded[..<count]), as: UTF8.self)
        }
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension ByteBuffer {
    /// Writes `text` encoded as a form's name or value.
    mutating func writeFormEncoded(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            // A byte becomes three at most.
            _ = writeWithUnsafeMutableBytes(minimumWritableBytes: 3 * bytes.count) { target in
                var count = 0
                for byte in bytes {
                    if Self.standsForItself(byte) || byte == UInt8(ascii: " ") {
                        target[count] = byte == UInt8(ascii: " ") ? UInt8(ascii: "+") : byte
                        count += 1
                    } else {
                        target[count] = UInt8(ascii: "%")
                        target[count + 1] = Self.hexDigit(byte >> 4)
                        target[count + 2] = Self.hexDigit(byte & 15)
                        count += 3
                    }
                }
                return count
            }
        }
    }

    private static func standsForItself(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "*"):
            true
        default: false
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
