import ChannelSDK

/// A value in PostgreSQL's binary format.
protocol PostgresValue {
    /// The type's number in `pg_type`.
    static var oid: Int32 { get }
    /// In bytes, where all values have the same.
    static var length: Int32? { get }
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

    /// One array with what `value` makes of each item. Nulls at its end are left out: `unnest` fills the shorter of its
    /// arrays up with them, and most arrays of what happens seldom have nothing else.
    mutating func add<Value: PostgresValue, Items: Collection>(_ items: Items, _ value: (Items.Element) -> Value?) {
        let start = bytes.count
        bytes.append(bigEndian: 0 as Int32)
        // "May hold nulls": the server looks for itself.
        bytes.append(bigEndian: 1 as Int32)
        bytes.append(bigEndian: Value.oid)
        let size = bytes.count
        bytes.append(bigEndian: 0 as Int32)
        bytes.append(bigEndian: 1 as Int32)
        var (count, nulls) = (0, 0)
        for item in items {
            guard let element = value(item) else {
                nulls += 1
                continue
            }
            for _ in 0..<nulls { bytes.append(bigEndian: -1 as Int32) }
            count += nulls + 1
            nulls = 0
            append(element: element)
        }
        if count > 0 {
            bytes.put(bigEndian: 1, at: start)
            bytes.put(bigEndian: Int32(clamping: count), at: size)
        } else {
            bytes.removeLast(bytes.count - size)
        }
        places.append(start..<bytes.count)
    }

    private mutating func append<Value: PostgresValue>(element: Value) {
        if let length = Value.length {
            bytes.append(bigEndian: length)
            return element.write(to: &bytes)
        }
        let place = bytes.count
        bytes.append(bigEndian: 0 as Int32)
        element.write(to: &bytes)
        bytes.put(bigEndian: Int32(clamping: bytes.count - place - 4), at: place)
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// In the place of the four bytes that are there.
    fileprivate mutating func put(bigEndian value: Int32, at place: Int) {
        for index in 0..<4 { self[place + index] = UInt8(truncatingIfNeeded: value >> (24 - 8 * index)) }
    }
}

extension Int64: PostgresValue {
    static var oid: Int32 { 20 }
    static var length: Int32? { 8 }
    func write(to bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
}

extension String: PostgresValue {
    static var oid: Int32 { 25 }
    static var length: Int32? { nil }
    func write(to bytes: inout [UInt8]) { StoredText.write(self, to: &bytes) }
}

extension [UInt8]: PostgresValue {
    static var oid: Int32 { 17 }
    static var length: Int32? { nil }
    func write(to bytes: inout [UInt8]) { bytes.append(contentsOf: self) }
}

extension NotificationID: PostgresValue {
    static var oid: Int32 { 2950 }
    static var length: Int32? { 16 }
    func write(to bytes: inout [UInt8]) {
        bytes.append(bigEndian: high)
        bytes.append(bigEndian: low)
    }
}
