import ChannelSDK

/// Requests as they might have come instead.
extension WebhookRequest {
    func with(body: [UInt8]) -> WebhookRequest { with(body: body, url: url, headers: headers) }

    func with(url: String) -> WebhookRequest { with(body: body, url: url, headers: headers) }

    func with(headers: HTTPHeaders) -> WebhookRequest { with(body: body, url: url, headers: headers) }

    private func with(body: [UInt8], url: String, headers: HTTPHeaders) -> WebhookRequest {
        WebhookRequest(
            method: method, url: url, headers: headers, body: body, receivedAt: receivedAt, remoteAddress: remoteAddress
        )
    }

    private func with(query: String) -> WebhookRequest { with(url: "\(url.prefix { $0 != "?" })?\(query)") }

    var withOtherContentTypes: [WebhookRequest] {
        let others = [
            nil, "", "text/plain", "application/json", "application/x-www-form-urlencoded", "multipart/form-data",
            "multipart/form-data; boundary=\"", "multipart/report; boundary=x", "message/rfc822",
            "application/json; \u{1}",
        ]
        return others.map { type in
            var others = headers
            others["Content-Type"] = type
            return with(headers: others)
        }
    }
}

// MARK: What nobody has heard of

extension WebhookRequest {
    /// The same with one field more: in the query; in the body, where that is a form, a JSON object or an array of them.
    var withAnotherField: [WebhookRequest] {
        let item = "UnheardOf=1"
        let inQuery = with(query: query.isEmpty ? item : "\(query)&\(item)")
        return [inQuery] + (bodyWithAnotherField.map { [with(body: $0)] } ?? [])
    }

    private var bodyWithAnotherField: [UInt8]? {
        let isForm = headers["Content-Type"]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true
        if isForm, !body.isEmpty { return body + Array("&UnheardOf=1".utf8) }
        var start = body.firstIndex { !Self.isSpace($0) } ?? body.endIndex
        if start < body.endIndex, body[start] == UInt8(ascii: "[") {
            start = body[(start + 1)...].firstIndex { !Self.isSpace($0) } ?? body.endIndex
        }
        guard start < body.endIndex, body[start] == UInt8(ascii: "{") else { return nil }
        let rest = body[(start + 1)...]
        let isFilled = rest.first { !Self.isSpace($0) } != UInt8(ascii: "}")
        let field = #""unheard_of":{"x":[1,null,"y"]}"# + (isFilled ? "," : "")
        return Array(body[...start]) + Array(field.utf8) + Array(rest)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    /// Every word in query and body, once.
    var words: Set<[UInt8]> {
        let all = [Array(query.utf8), body].flatMap { $0.split { !Self.isOfWord($0) } }
        return Set(all.filter { $0.count <= 64 }.map { Array($0) })
    }

    /// The same with another word in the place of `word`, wherever it stands.
    func replacing(_ word: [UInt8], by other: String) -> WebhookRequest {
        // What has no quotes in JSON cannot be any word there.
        let isLiteral = ["true", "false", "null"].contains(String(decoding: word, as: UTF8.self))
        let other = Array((isLiteral ? "\"\(other)\"" : other).utf8)
        let changed = with(body: Self.replacing(word, by: other, in: body))
        let items = Self.replacing(word, by: other, in: Array(query.utf8))
        return items.isEmpty ? changed : changed.with(query: String(decoding: items, as: UTF8.self))
    }

    private static func replacing(_ word: [UInt8], by other: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        var (changed, rest) = ([UInt8](), bytes[...])
        while let start = rest.firstIndex(where: isOfWord) {
            changed += rest[..<start]
            let end = rest[start...].firstIndex { !isOfWord($0) } ?? rest.endIndex
            changed += rest[start..<end].elementsEqual(word) ? other[...] : rest[start..<end]
            rest = rest[end...]
        }
        return changed + rest
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }
}

// MARK: What somebody without the key could try

extension WebhookRequest {
    struct Forgery {
        /// For people.
        let place: String
        let request: WebhookRequest
    }

    /// The same with one byte of its proof changed, each in turn: of the headers and the items of the query that `bare` has
    /// not, and of what differs in the body.
    func withAlteredProof(besides bare: WebhookRequest) -> [Forgery] {
        alteredHeaders(besides: bare) + alteredItems(besides: bare) + alteredBody(besides: bare)
    }

    private func alteredHeaders(besides bare: WebhookRequest) -> [Forgery] {
        headers.fields.enumerated().flatMap { index, field -> [Forgery] in
            // It says how to read the body, and proves nothing.
            guard !bare.headers.fields.contains(field), field.name.lowercased() != "content-type" else { return [] }
            return Self.altered(Array(field.value.utf8)).map { value in
                var fields = headers.fields
                fields[index] = .init(name: field.name, value: String(decoding: value, as: UTF8.self))
                return Forgery(place: "header \(field.name)", request: with(headers: HTTPHeaders(fields)))
            }
        }
    }

    private func alteredItems(besides bare: WebhookRequest) -> [Forgery] {
        let (items, others) = (query.split(separator: "&"), bare.query.split(separator: "&"))
        return items.enumerated().flatMap { index, item -> [Forgery] in
            guard !others.contains(item) else { return [] }
            let name = item.prefix { $0 != "=" }
            return Self.altered(Array(item.utf8)).map { changed in
                var items = items.map(String.init)
                items[index] = String(decoding: changed, as: UTF8.self)
                return Forgery(place: "query item \(name)", request: with(query: items.joined(separator: "&")))
            }
        }
    }

    private func alteredBody(besides bare: WebhookRequest) -> [Forgery] {
        guard body != bare.body else { return [] }
        let start = zip(body, bare.body).prefix { $0 == $1 }.count
        let same = zip(body[start...].reversed(), bare.body[start...].reversed()).prefix { $0 == $1 }.count
        let (before, proof, after) = (body[..<start], body[start..<(body.count - same)], body.suffix(same))
        return Self.altered(Array(proof)).map {
            Forgery(place: "the body", request: with(body: Array(before) + $0 + Array(after)))
        }
    }

    private static func altered(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.indices.prefix(1000).map { index in
            var changed = bytes
            changed[index] ^= 1
            return changed
        }
    }
}
