import ChannelSDK

extension WebhookRequest {
    func with(url: String? = nil, headers: HTTPHeaders? = nil, body: [UInt8]? = nil) -> WebhookRequest {
        WebhookRequest(
            method: method, url: url ?? self.url, headers: headers ?? self.headers, body: body ?? self.body,
            receivedAt: receivedAt, remoteAddress: remoteAddress)
    }

    func with(_ header: String, _ value: String?) -> WebhookRequest {
        var headers = headers
        headers[header] = value
        return with(headers: headers)
    }

    /// The same request once for each bit of a header's value, with that bit flipped.
    func flippingBits(of header: String) -> [WebhookRequest] {
        let value = Array((headers[header] ?? "").utf8)
        return Self.flippingBits(of: value).map { with(header, String(decoding: $0, as: UTF8.self)) }
    }

    /// The same request once for each bit of the body, with that bit flipped.
    func flippingBitsOfBody() -> [WebhookRequest] { Self.flippingBits(of: body).map { with(body: $0) } }

    private static func flippingBits(of bytes: [UInt8]) -> [[UInt8]] {
        (0..<bytes.count * 8).map { bit in
            var altered = bytes
            altered[bit / 8] ^= 1 << (bit % 8)
            return altered
        }
    }
}

extension WebhookVerdict {
    var isRefused: Bool {
        if case .refused = self { true } else { false }
    }

    var reason: String {
        if case .refused(let reason) = self { reason } else { "" }
    }
}
