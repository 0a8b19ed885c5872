import CLibrdkafka
import ChannelSDK
import Pipeline

extension LogRecord {
    typealias Message = UnsafeMutablePointer<rd_kafka_message_t>

    /// Copies what librdkafka owns, all values into one buffer.
    static func records(_ messages: [Message]) -> [LogRecord] {
        let size = messages.reduce(0) { $0 + $1.value.count }
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(messages.count)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            let target = UnsafeMutableRawBufferPointer(buffer)
            for message in messages {
                let value = message.value
                let end = initialized + value.count
                UnsafeMutableRawBufferPointer(rebasing: target[initialized..<end]).copyMemory(from: value)
                ranges.append(initialized..<end)
                initialized = end
            }
        }
        return zip(messages, ranges).map { message, range in
            LogRecord(
                offset: message.pointee.offset,
                // Others may write to a topic as well: what is no id is no key of ours.
                key: NotificationID(message.key), headers: headers(of: message), value: bytes[range])
        }
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
