import ChannelSDK
import Pipeline

/// A batch in the form that the file keeps, made by the caller's thread so that the one writer only copies it.
struct EncodedBatch: Sendable {
    struct Chunk: Sendable {
        let partition: Int
        let count: Int
        /// As ``LogBlock/bytes``.
        let bytes: [UInt8]
    }

    let topic: Topic
    let chunks: [Chunk]

    var byteCount: Int { chunks.reduce(0) { $0 + $1.bytes.count } }

    init(_ batch: RecordBatch, to topic: Topic, partitions: Int) {
        self.topic = topic
        if partitions == 1 {
            chunks = batch.isEmpty ? [] : [Self.chunk(batch, batch.entries, partition: 0)]
            return
        }
        var shares: [[RecordBatch.Entry]] = Array(repeating: [], count: partitions)
        for entry in batch.entries {
            shares[entry.key.map { Self.partition(of: $0, partitions) } ?? 0].append(entry)
        }
        chunks = shares.indices.compactMap { partition in
            shares[partition].isEmpty ? nil : Self.chunk(batch, shares[partition], partition: partition)
        }
    }

    static func partition(of key: NotificationID, _ partitions: Int) -> Int { Int(key.low % UInt64(partitions)) }

    private static func chunk(_ batch: RecordBatch, _ entries: [RecordBatch.Entry], partition: Int) -> Chunk {
        let headers = entries.map { $0.headers.isEmpty ? [] : encoded($0.headers) }
        var size = 1
        for (entry, headers) in zip(entries, headers) {
            size += LogBlock.fixedBytes + (entry.key == nil ? 0 : 16) + headers.count + entry.range.count
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            var writer = BlockWriter(UnsafeMutableRawBufferPointer(buffer))
            batch.bytes.withUnsafeBytes { values in
                for (entry, headers) in zip(entries, headers) {
                    writer.write(entry, headers, UnsafeRawBufferPointer(rebasing: values[entry.range]))
                }
            }
            initialized = writer.position
        }
        return Chunk(partition: partition, count: entries.count, bytes: bytes)
    }

    /// The length of what follows, the number of headers, then names and values with their lengths.
    private static func encoded(_ headers: [RecordBatch.Header]) -> [UInt8] {
        var bytes: [UInt8] = []
        func write(_ length: Int) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian) { bytes.append(contentsOf: $0) }
        }
        let size = headers.reduce(4) { $0 + 8 + $1.name.utf8.count + $1.value.utf8.count }
        bytes.reserveCapacity(size + 4)
        write(size)
        write(headers.count)
        for header in headers {
            for text in [header.name, header.value] {
                write(text.utf8.count)
                bytes.append(contentsOf: text.utf8)
            }
        }
        return bytes
    }
}

private struct BlockWriter {
    private let buffer: UnsafeMutableRawBufferPointer
    private(set) var position = 1

    init(_ buffer: UnsafeMutableRawBufferPointer) {
        self.buffer = buffer
        buffer[0] = LogBlock.version
    }

    mutating func write(_ entry: RecordBatch.Entry, _ headers: [UInt8], _ value: UnsafeRawBufferPointer) {
        buffer[position] =
            (entry.key == nil ? 0 : LogBlock.hasKey) | (headers.isEmpty ? 0 : LogBlock.hasHeaders)
        position += 1
        store(UInt32(truncatingIfNeeded: value.count).littleEndian)
        if let key = entry.key {
            store(key.high.littleEndian)
            store(key.low.littleEndian)
        }
        if !headers.isEmpty { headers.withUnsafeBytes { copy($0) } }
        copy(value)
    }

    private mutating func store<Value: FixedWidthInteger>(_ value: Value) {
        buffer.storeBytes(of: value, toByteOffset: position, as: Value.self)
        position += MemoryLayout<Value>.size
    }

    private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        UnsafeMutableRawBufferPointer(rebasing: buffer[position..<position + bytes.count]).copyMemory(from: bytes)
        position += bytes.count
    }
}
