import CLibrdkafka
import ChannelSDK
import Pipeline

extension LogRecord {
    /// Copies what librdkafka owns.
    init(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        let content = message.pointee
        let value = UnsafeRawBufferPointer(start: content.payload, count: content.payload == nil ? 0 : content.len)
        let key = UnsafeRawBufferPointer(start: content.key, count: content.key == nil ? 0 : content.key_len)
        self.init(
            offset: content.offset,
            // Others may write to a topic as well: what is no id is no key of ours.
            key: key.isEmpty ? nil : NotificationID(String(decoding: key, as: UTF8.self)),
            headers: Self.headers(of: message), value: Array(value)[...])
    }

    private static func headers(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> [RecordBatch.Header] {
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
