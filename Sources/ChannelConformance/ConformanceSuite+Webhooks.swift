import ChannelSDK

extension ConformanceSuite {
    /// Checks how the parser reads webhooks: each one as the table says, the same again, and with a field that nobody has
    /// heard of; then each one cut at every byte, damaged at random, and under content types that are not its own: it must
    /// bear that, and report statuses of the graph only.
    public func check(webhooks cases: [WebhookCase]) -> [ConformanceFinding] {
        var list = findings(.webhooks)
        for one in cases {
            let (what, here) = ("'\(one.name)'", one.location)
            let contents = parse(one.request)
            list.expect(contents, is: one.contents, at: here, what)
            list.expect(
                parse(one.request) == contents, at: here,
                "\(what) says something else when it is read again: the parser must be a pure function of the request")
            if one.contents != nil, let more = one.request.withAnotherField {
                list.expect(parse(more), is: one.contents, at: here, "\(what), with a field that nobody has heard of,")
            }
            list.expectBears(alterations(of: one.request), self, at: here, "\(what), altered (seed \(seed))")
        }
        return list.findings
    }

    func parse(_ request: WebhookRequest) -> WebhookContents? { try? channel.webhooks.parse(request) }

    /// Everything that the host asks of a parser about one request.
    func bear(_ request: WebhookRequest) -> WebhookContents? {
        _ = channel.webhooks.handshake(request)
        _ = channel.webhooks.acknowledgement(of: request)
        return parse(request)
    }

    private func alterations(of request: WebhookRequest) -> [WebhookRequest] {
        var generator = SeededGenerator(seed: seed)
        let body = request.body
        let damaged = (0..<50).map { _ in generator.damaged(body) } + (0..<20).map { _ in generator.bytes(upTo: 300) }
        let altered = (0..<min(body.count, 1000)).map { Array(body.prefix($0)) } + damaged + [body]
        return altered.map { request.with(body: $0) } + request.withOtherContentTypes
    }
}

extension FindingList {
    mutating func expectBears(
        _ requests: [WebhookRequest], _ suite: ConformanceSuite, at location: CaseLocation?, _ what: String
    ) {
        let reports = requests.flatMap { suite.bear($0)?.reports ?? [] }
        for status in Set(reports.compactMap(\.status)) { expectInGraph(status, suite, at: location, what) }
    }
}

extension WebhookRequest {
    func with(body: [UInt8]) -> WebhookRequest {
        WebhookRequest(
            method: method, url: url, headers: headers, body: body, receivedAt: receivedAt, remoteAddress: remoteAddress
        )
    }

    /// The same with one field more, where it is a JSON object or a form.
    var withAnotherField: WebhookRequest? {
        let isForm = headers["Content-Type"]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true
        if isForm, !body.isEmpty { return with(body: body + Array("&UnheardOf=1".utf8)) }
        let isFilled = body.first { $0 != UInt8(ascii: "{") && !Self.isSpace($0) } != UInt8(ascii: "}")
        guard body.first == UInt8(ascii: "{") else { return nil }
        let field = #"{"unheard_of":{"x":[1,null,"y"]}"# + (isFilled ? "," : "")
        return with(body: Array(field.utf8) + body.dropFirst())
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    var withOtherContentTypes: [WebhookRequest] {
        let others = [
            nil, "", "text/plain", "application/json", "application/x-www-form-urlencoded", "multipart/form-data",
            "multipart/form-data; boundary=\"", "multipart/report; boundary=x", "message/rfc822",
            "application/json; \u{1}",
        ]
        return others.map { type in
            var fields = headers.fields.filter { $0.name.lowercased() != "content-type" }
            if let type { fields.append(.init(name: "Content-Type", value: type)) }
            return WebhookRequest(
                method: method, url: url, headers: HTTPHeaders(fields), body: body, receivedAt: receivedAt)
        }
    }
}

extension StatusReport {
    /// The status that it is evidence of.
    var status: StatusName? {
        if case .status(let name) = kind { name } else { nil }
    }
}
