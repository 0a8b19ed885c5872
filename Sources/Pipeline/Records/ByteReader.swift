import ChannelSDK

/// Reads what the byte writer wrote. Never reads past the end: any bytes can come.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position == bytes.endIndex }

    mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(RecordProblem) -> Value {
        let range = try take(MemoryLayout<Value>.size)
        return bytes.withUnsafeBytes { buffer in
            let offset = range.lowerBound - bytes.startIndex
            return Value(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
    }

    mutating func slice() throws(RecordProblem) -> ArraySlice<UInt8> {
        let count = Int(try integer(UInt32.self))
        return bytes[try take(count)]
    }

    mutating func skip(_ count: Int) throws(RecordProblem) { _ = try take(count) }

    mutating func text() throws(RecordProblem) -> String { String(decoding: try slice(), as: UTF8.self) }

    mutating func notificationID() throws(RecordProblem) -> NotificationID {
        NotificationID(high: try integer(), low: try integer())
    }

    mutating func deliveryID() throws(RecordProblem) -> DeliveryID {
        DeliveryID(notification: try notificationID(), ordinal: try integer())
    }

    mutating func timestamp() throws(RecordProblem) -> Timestamp { Timestamp(milliseconds: try integer()) }

    mutating func optional<Value>(
        _ read: (inout ByteReader) throws(RecordProblem) -> Value
    ) throws(RecordProblem) -> Value? {
        switch try integer(UInt8.self) {
        case 0: nil
        case 1: try read(&self)
        default: throw .undecodable("a flag is neither 0 nor 1")
        }
    }

    mutating func optionalText() throws(RecordProblem) -> String? {
        try optional { (reader) throws(RecordProblem) in try reader.text() }
    }

    mutating func optionalTimestamp() throws(RecordProblem) -> Timestamp? {
        try optional { (reader) throws(RecordProblem) in try reader.timestamp() }
    }

    mutating func texts() throws(RecordProblem) -> [String] {
        let count = Int(try integer(UInt16.self))
        var texts: [String] = []
        texts.reserveCapacity(min(count, 64))
        for _ in 0..<count { texts.append(try text()) }
        return texts
    }

    mutating func pairs() throws(RecordProblem) -> [String: String] {
        let count = Int(try integer(UInt16.self))
        var pairs: [String: String] = [:]
        for _ in 0..<count {
            let key = try text()
            pairs[key] = try text()
        }
        return pairs
    }

    /// Reads the version that begins every record.
    mutating func version(upTo newest: UInt8) throws(RecordProblem) -> UInt8 {
        let version = try integer(UInt8.self)
        if version == 0 { throw .undecodable("the record has version 0") }
        if version > newest { throw .newerVersion(Int(version)) }
        return version
    }

    private mutating func take(_ count: Int) throws(RecordProblem) -> Range<Int> {
        guard count <= bytes.endIndex - position else { throw .undecodable("the record ends too early") }
        defer { position += count }
        return position..<position + count
    }
}

/// Why a record can't be read.
public enum RecordProblem: Error, Sendable, Hashable {
    /// Not a record of ours: it goes to the dead letters.
    case undecodable(String)
    /// Written by a newer Switchboard: the partition stops until this host is updated.
    case newerVersion(Int)

    static func newer(_ version: Int, _ topic: Topic, _ partition: Int, _ offset: Int64) -> String {
        "record \(offset) of \(topic), partition \(partition), has version \(version), which this Switchboard can't read: "
            + "update it; until then the partition stands still and nothing in it is lost"
    }
}
