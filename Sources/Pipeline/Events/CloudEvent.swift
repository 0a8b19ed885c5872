import ChannelSDK

/// A public event: CloudEvents 1.0 in binary mode. The attributes are the record's headers, the data is its value.
struct CloudEvent {
    /// The same each time the event is published.
    let id: String
    let type: Topic
    let subject: String
    let time: Timestamp

    var headers: [RecordBatch.Header] {
        [
            .init("ce_specversion", "1.0"), .init("ce_id", id), .init("ce_source", "/switchboard"),
            .init("ce_type", type.rawValue), .init("ce_subject", subject), .init("ce_time", time.description),
            .init("content-type", "application/json"),
        ]
    }

    func append(to batch: inout RecordBatch, key: NotificationID?, data: (inout JSONWriter) -> Void) {
        batch.append(key: key, headers: headers) { bytes in
            var text = JSONWriter(into: bytes)
            bytes = []
            text.object(data)
            bytes = text.takeBytes()
        }
    }
}
