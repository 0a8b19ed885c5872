import CLibrdkafka
import ChannelSDK
import Pipeline

extension LogRecord {
    typealias Message = UnsafeMutablePointer<rd_kafka_message_t>

    /// Copies what librdkafka owns, all values into one buffer. Passes over what stands in the place of a record.
    /// - Parameter withHeaders: false where there are none: looking for them costs more than all else here.
    static func records(_ messages: UnsafeBufferPointer<Message?>, withHeaders: Bool) -> [LogRecord] {
        var (count, size) = (0, 0)
        for case let message? in messages where message.isRecord {
            count += 1
            size += message.value.count
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            for case let message? in messages where message.isRecord {
                let value = message.value
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[initialized...])
                    .copyMemory(from: value)
                initialized += value.count
            }
        }
        var start = 0
        return [LogRecord](unsafeUninitializedCapacity: count) { records, initialized in
            for case let message? in messages where message.isRecord {
                let end = start + message.value.count
                let headers = withHeaders ? headers(of: message) : []
                records.initializeElement(at: initialized, to: LogRecord(message, headers, bytes[start..<end]))
                (start, initialized) = (end, initialized + 1)
            }
        }
    }

    init(_ message: Message) { self.init(message, Self.headers(of: message), ArraySlice(message.value)) }

    private init(_ message: Message, _ headers: [RecordBatch.Header], _ value: ArraySlice<UInt8>) {
        // Others may write to a topic as well: what is no id is no key of ours.
        let key = NotificationID(message.key)
        self.init(offset: message.pointee.offset, key: key, headers: headers, value: value)
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
    fileprivate var isRecord: Bool { pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR }

    /// Empty, too, where there is none: librdkafka gives a null pointer then, whatever length stands beside it.
    fileprivate var value: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: pointee.payload, count: pointee.payload == nil ? 0 : pointee.len)
    }

    fileprivate var key: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: pointee.key, count: pointee.key == nil ? 0 : pointee.key_len)
    }
}
