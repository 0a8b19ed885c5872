import ChannelSDK

/// A CloudEvent in binary mode as it stands in the log: its attributes are headers.
struct PublishedEvent {
    let id: String
    let time: Timestamp
    private let record: LogRecord

    private static let prefix = "ce_"

    /// Nil without an id or a time.
    init?(_ record: LogRecord) {
        self.record = record
        var attributes: (id: String?, time: Timestamp?) = (nil, nil)
        for header in record.headers {
            switch header.name {
            case "ce_id": attributes.id = header.value
            case "ce_time": attributes.time = Timestamp(rfc3339: header.value)
            default: break
            }
        }
        guard let id = attributes.id, !id.isEmpty, let time = attributes.time else { return nil }
        self.id = id
        self.time = time
    }

    /// The same event in structured mode: one JSON object with the attributes, and the data as it is.
    var structured: String {
        var json = JSONWriter()
        json.object { json in
            for header in record.headers {
                if header.name.hasPrefix(Self.prefix) {
                    json.member(String(header.name.dropFirst(Self.prefix.count)), header.value)
                } else if header.name == "content-type" {
                    json.member("datacontenttype", header.value)
                }
            }
            json.key("data")
            json.raw(String(decoding: record.value, as: UTF8.self))
        }
        return String(decoding: json.takeBytes(), as: UTF8.self)
    }
}
