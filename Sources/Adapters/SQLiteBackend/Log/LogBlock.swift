import ChannelSDK
import GRDB
import Pipeline

/// Neighbouring records of a partition as one row of the file, so that a thousand records cost little more than one.
struct LogBlock: Sendable {
    /// The offset of the first record.
    let base: Int64
    let count: Int
    /// A version, then the records one behind the other.
    let bytes: [UInt8]

    /// Behind the last record.
    var end: Int64 { base + Int64(count) }

    static let version: UInt8 = 1
    /// Flags, and the value's length.
    static let fixedBytes = 5
    static let hasKey: UInt8 = 1
    static let hasHeaders: UInt8 = 2

    /// The records at `offset` and behind it, below `end`, at most `limit`. Their values are slices of the block.
    func records(from offset: Int64, below end: Int64, limit: Int) throws(LogError) -> [LogRecord] {
        let first = Int(max(offset - base, 0))
        let last = Int(min(Int64(count), end - base, Int64(first) + Int64(limit)))
        guard first < last else { return [] }
        var records: [LogRecord] = []
        records.reserveCapacity(last - first)
        let isSound = bytes.withUnsafeBytes { buffer -> Bool in
            var reader = BlockReader(buffer)
            guard reader.isKnownVersion else { return false }
            for index in 0..<last {
                guard let record = reader.next(decoding: index >= first) else { return false }
                guard index >= first else { continue }
                records.append(
                    LogRecord(
                        offset: base + Int64(index), key: record.key, headers: record.headers,
                        value: bytes[record.value]))
            }
            return true
        }
        guard isSound else { throw .unavailable("the log is damaged in the block at offset \(base)") }
        return records
    }
}

/// Walks over the records of a block; nil as soon as something doesn't fit.
private struct BlockReader {
    struct Record {
        let key: NotificationID?
        let headers: [RecordBatch.Header]
        let value: Range<Int>
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 1

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isKnownVersion: Bool { bytes.first == LogBlock.version }

    mutating func next(decoding: Bool) -> Record? {
        guard let flags = take(1)?.first, let length = length() else { return nil }
        var key: NotificationID?
        if flags & LogBlock.hasKey != 0 {
            guard let id = take(16) else { return nil }
            key = NotificationID(
                high: id.loadUnaligned(as: UInt64.self).littleEndian,
                low: id.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian)
        }
        var headers: [RecordBatch.Header] = []
        if flags & LogBlock.hasHeaders != 0 {
            guard let read = readHeaders(decoding: decoding) else { return nil }
            headers = read
        }
        let start = position
        guard take(length) != nil else { return nil }
        return Record(key: key, headers: headers, value: start..<position)
    }

    private mutating func readHeaders(decoding: Bool) -> [RecordBatch.Header]? {
        guard let size = length() else { return nil }
        guard decoding else { return take(size) == nil ? nil : [] }
        guard let count = length() else { return nil }
        var headers: [RecordBatch.Header] = []
        for _ in 0..<count {
            guard let nameLength = length(), let name = take(nameLength), let valueLength = length(),
                let value = take(valueLength)
            else { return nil }
            headers.append(.init(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        return headers
    }

    private mutating func length() -> Int? {
        take(4).map { Int($0.loadUnaligned(as: UInt32.self).littleEndian) }
    }

    private mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count <= bytes.count - position else { return nil }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }
}
