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

extension Timestamp {
    /// What ``description`` writes, e.g. `2026-03-01T09:30:00.125Z`.
    init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, bytes[10] == UInt8(ascii: "T"), bytes[23] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            bytes[range].reduce(into: Int?.some(0)) { value, byte in
                guard let known = value, (48...57).contains(byte) else { return value = nil }
                value = known * 10 + Int(byte - 48)
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let millisecond = number(20..<23)
        else { return nil }
        self.init(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, millisecond: millisecond)
    }
}
