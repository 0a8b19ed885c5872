import ChannelSDK

/// A value in PostgreSQL's binary format.
protocol PostgresValue {
    /// The type's number in `pg_type`.
    static var oid: Int32 { get }
    func write(to bytes: inout [UInt8])
}

/// The parameters of one statement, encoded in one buffer.
struct Parameters: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each begins and how long it is; nil: null.
    private(set) var places: [Range<Int>?] = []

    mutating func add(_ value: (some PostgresValue)?) {
        guard let value else { return places.append(nil) }
        let start = bytes.count
        value.write(to: &bytes)
        places.append(start..<bytes.count)
    }

    mutating func add(_ value: Int) { add(Int64(value)) }

    mutating func add(_ moment: Timestamp?) { add(moment?.milliseconds) }

    /// One array with what `value` makes of each item.
    mutating func add<Value: PostgresValue, Items: Collection>(_ items: Items, _ value: (Items.Element) -> Value?) {
        let start = bytes.count
        bytes.append(bigEndian: items.isEmpty ? 0 : 1 as Int32)
        // "May hold nulls": the server looks for itself.
        bytes.append(bigEndian: 1 as Int32)
        bytes.append(bigEndian: Value.oid)
        if !items.isEmpty {
            bytes.append(bigEndian: Int32(clamping: items.count))
            bytes.append(bigEndian: 1 as Int32)
        }
        for item in items { append(element: value(item)) }
        places.append(start..<bytes.count)
    }

    private mutating func append(element: (some PostgresValue)?) {
        guard let element else { return bytes.append(bigEndian: -1 as Int32) }
        let place = bytes.count
        bytes.append(bigEndian: 0 as Int32)
        element.write(to: &bytes)
        let length = Int32(clamping: bytes.count - place - 4)
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension Int64: PostgresValue {
    static var oid: Int32 { 20 }
    func write(to bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
}

extension String: PostgresValue {
    static var oid: Int32 { 25 }
    func write(to bytes: inout [UInt8]) { StoredText.write(self, to: &bytes) }
}

extension [UInt8]: PostgresValue {
    static var oid: Int32 { 17 }
    func write(to bytes: inout [UInt8]) { bytes.append(contentsOf: self) }
}

extension NotificationID: PostgresValue {
    static var oid: Int32 { 2950 }
    func write(to bytes: inout [UInt8]) {
        bytes.append(bigEndian: high)
        bytes.append(bigEndian: low)
    }
}
