import CLibrdkafka
import ChannelSDK
import Pipeline

extension LogRecord {
    typealias Message = UnsafeMutablePointer<rd_kafka_message_t>

    /// Copies what librdkafka owns, all values into one buffer. Passes over what stands in the place of a record.
    static func records(_ messages: some Collection<Message?>) -> [LogRecord] {
        let messages = messages.lazy.compactMap { $0 }.filter { $0.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR }
        let (count, size) = messages.reduce(into: (0, 0)) { $0 = ($0.0 + 1, $0.1 + $1.value.count) }
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            for message in messages {
                let value = message.value
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[initialized...])
                    .copyMemory(from: value)
                initialized += value.count
            }
        }
        var records: [LogRecord] = []
        records.reserveCapacity(count)
        var start = 0
        for message in messages {
            let end = start + message.value.count
            records.append(
                LogRecord(
                    offset: message.pointee.offset,
                    // Others may write to a topic as well: what is no id is no key of ours.
                    key: NotificationID(message.key), headers: headers(of: message), value: bytes[start..<end]))
            start = end
        }
        return records
    }

    private static func headers(of message: Message) -> [RecordBatch.Header] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR else { return [] }
        var headers: [RecordBatch.Header] = []
        var (name, value, size) = (UnsafePointer<CChar>?.none, UnsafeRawPointer?.none, 0)
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
            guard let name else { break }
            let bytes = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : size)
            headers.append(.init(String(cString: name), String(decoding: bytes, as: UTF8.self)))
        }
        return headers
    }
}

extension UnsafeMutablePointer<rd_kafka_message_t> {
    /// Empty, too, where there is none: librdkafka gives a null pointer then, whatever length stands beside it.
    fileprivate var value: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: pointee.payload, count: pointee.payload == nil ? 0 : pointee.len)
    }

    fileprivate var key: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: pointee.key, count: pointee.key == nil ? 0 : pointee.key_len)
    }
}
