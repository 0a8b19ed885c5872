public import ChannelSDK

/// The record on `webhook.received`: a genuine request as it arrived, less the headers that can hold secrets.
public struct ReceivedWebhook: Sendable, Hashable {
    public enum Origin: Sendable, Hashable {
        /// `/webhooks/{channel}`: read by the channel's own parser.
        case channel(String)
        /// `/webhooks`: the host's own form, for an account.
        case account(String)
        /// The host's own unsubscribe address: its body is who leaves the list.
        case unsubscribe(list: String)
    }

    public let origin: Origin
    public let request: WebhookRequest

    private static let recordVersion: UInt8 = 2
    private static let secretHeaders: Set<String> = ["authorization", "cookie", "proxy-authorization"]

    public init(origin: Origin, request: WebhookRequest) {
        self.origin = origin
        self.request = request
    }

    public func write(to bytes: inout [UInt8]) {
        switch origin {
        // As hosts of older versions read it.
        case .channel, .account: bytes.write(UInt8(1))
        case .unsubscribe: bytes.write(Self.recordVersion)
        }
        switch origin {
        case .channel(let name):
            bytes.write(UInt8(0))
            bytes.write(name)
        case .account(let name):
            bytes.write(UInt8(1))
            bytes.write(name)
        case .unsubscribe(let list):
            bytes.write(UInt8(2))
            bytes.write(list)
        }
        bytes.write(request.method)
        bytes.write(request.url)
        let headers = request.headers.fields.filter { !Self.secretHeaders.contains($0.name.lowercased()) }
        bytes.write(UInt16(truncatingIfNeeded: headers.count))
        for header in headers {
            bytes.write(header.name)
            bytes.write(header.value)
        }
        bytes.write(bytes: request.body)
        bytes.write(request.receivedAt)
    }

    public init(record: ArraySlice<UInt8>) throws(RecordProblem) {
        var reader = ByteReader(record)
        _ = try reader.version(upTo: Self.recordVersion)
        let kind = try reader.integer(UInt8.self)
        let name = try reader.text()
        let method = try reader.text()
        let url = try reader.text()
        var headers = HTTPHeaders()
        for _ in 0..<(try reader.integer(UInt16.self)) {
            let header = try reader.text()
            headers.add(header, try reader.text())
        }
        self.init(
            origin: kind == 0 ? .channel(name) : kind == 1 ? .account(name) : .unsubscribe(list: name),
            request: WebhookRequest(
                method: method, url: url, headers: headers, body: Array(try reader.slice()),
                receivedAt: try reader.timestamp()))
    }
}
