/// A request that claims to come from a provider, exactly as it arrived.
public struct WebhookRequest: Sendable, Hashable {
    /// In capitals, e.g. `POST`.
    public let method: String
    /// The address that the provider called: the configured public URL, then path and query as received. Signatures
    /// that cover the URL cover this one.
    public let url: String
    /// As they came.
    public let headers: HTTPHeaders
    /// The raw bytes, which signatures cover.
    public let body: [UInt8]
    /// By the host's clock.
    public let receivedAt: Timestamp
    /// Who called, seen through the proxies that the host trusts. For verification: it is not stored with the request, so
    /// ``WebhookParser/parse(_:)`` does not see it.
    public let remoteAddress: IPAddress?

    public init(
        method: String, url: String, headers: HTTPHeaders, body: [UInt8], receivedAt: Timestamp,
        remoteAddress: IPAddress? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.receivedAt = receivedAt
        self.remoteAddress = remoteAddress
    }

    /// The part of ``url`` after `?`, still encoded.
    public var query: Substring {
        guard let mark = url.utf8.firstIndex(of: UInt8(ascii: "?")) else { return "" }
        return url[url.utf8.index(after: mark)...]
    }

    /// The pairs of ``query``, decoded. Decodes at each call.
    public var queryItems: [FormEncoding.Pair] { FormEncoding.decode(query.utf8) }

    /// The pairs of the body read as a form, whatever its content type. Decodes at each call.
    public var form: [FormEncoding.Pair] { FormEncoding.decode(body) }

    /// The delivery that ``ChannelHost/webhookURL(for:)`` put into the address, when it is there.
    public var delivery: DeliveryID? {
        queryItems.first { $0.name == "delivery" }.flatMap { DeliveryID($0.value) }
    }
}

extension WebhookRequest {
    /// Without the query's items of that name; the others stay as they are written.
    func without(queryItem name: String) -> WebhookRequest {
        let items = query.split(separator: "&", omittingEmptySubsequences: false)
        let kept = items.filter { FormEncoding.decode($0.utf8).first?.name != name }
        guard kept.count < items.count else { return self }
        let path = url.prefix { $0 != "?" }
        return with(url: kept.isEmpty ? String(path) : "\(path)?\(kept.joined(separator: "&"))", headers: headers)
    }

    func without(header name: String) -> WebhookRequest {
        var headers = headers
        headers[name] = nil
        return with(url: url, headers: headers)
    }

    private func with(url: String, headers: HTTPHeaders) -> WebhookRequest {
        WebhookRequest(
            method: method, url: url, headers: headers, body: body, receivedAt: receivedAt,
            remoteAddress: remoteAddress)
    }
}

/// What to answer a provider at once, where a bare 200 will not do.
public struct WebhookReply: Sendable, Hashable {
    /// The HTTP status.
    public let status: Int
    /// The media type of ``body``.
    public let contentType: String
    /// Empty: none.
    public let body: [UInt8]

    public init(status: Int = 200, contentType: String = "text/plain", body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}
