import ChannelSDK

/// Writes the values that records are made of: little-endian integers, and bytes with their length before them.
extension [UInt8] {
    mutating func write(_ value: UInt8) { append(value) }

    mutating func write(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            write(UInt32(truncatingIfNeeded: utf8.count))
            append(contentsOf: utf8)
        }
    }

    mutating func write(bytes: some Collection<UInt8>) {
        write(UInt32(truncatingIfNeeded: bytes.count))
        append(contentsOf: bytes)
    }

    mutating func write(_ id: NotificationID) {
        write(id.high)
        write(id.low)
    }

    mutating func write(_ id: DeliveryID) {
        write(id.notification)
        write(id.ordinal)
    }

    mutating func write(_ moment: Timestamp) { write(moment.milliseconds) }

    /// A flag, then the value if there is one.
    mutating func write<Value>(_ value: Value?, _ each: (inout [UInt8], Value) -> Void) {
        guard let value else { return write(UInt8(0)) }
        write(UInt8(1))
        each(&self, value)
    }

    mutating func write(_ text: String?) { write(text) { $0.write($1 as String) } }
    mutating func write(_ moment: Timestamp?) { write(moment) { $0.write($1 as Timestamp) } }

    mutating func write(_ texts: [String]) {
        write(UInt16(truncatingIfNeeded: texts.count))
        for text in texts { write(text) }
    }

    /// Sorted by key, so that equal dictionaries have equal bytes.
    mutating func write(_ pairs: [String: String]) {
        write(UInt16(truncatingIfNeeded: pairs.count))
        for (key, value) in pairs.sorted(by: { $0.key < $1.key }) {
            write(key)
            write(value)
        }
    }
}
