public import ChannelSDK
public import Testing

extension ChannelTestKit {
    /// Checks how the parser reads webhooks: each one as the table says, the same again, and with a field that nobody has
    /// heard of; then each one cut at every byte, damaged at random, and under content types that are not its own: it must
    /// bear that, and report statuses of the graph only.
    public func check(webhooks cases: [WebhookCase]) {
        for one in cases {
            let here = one.sourceLocation
            #expect(parse(one.request) == one.contents, "\(one.name)", sourceLocation: here)
            #expect(parse(one.request) == one.contents, "\(one.name), read again", sourceLocation: here)
            if one.contents != nil, let more = one.request.withAnotherField {
                #expect(parse(more) == one.contents, "\(one.name), with an unknown field", sourceLocation: here)
            }
            var generator = SeededGenerator(seed: seed)
            let body = one.request.body
            let damaged =
                (0..<50).map { _ in generator.damaged(body) } + (0..<20).map { _ in generator.bytes(upTo: 300) }
            let altered = (0..<min(body.count, 1000)).map { Array(body.prefix($0)) } + damaged + [body]
            let requests = altered.map { one.request.with(body: $0) } + one.request.withOtherContentTypes
            let reports = requests.flatMap { bear($0)?.reports ?? [] }
            for status in Set(reports.compactMap(\.status)) {
                expectInGraph(status, "\(one.name), seed \(seed)", sourceLocation: here)
            }
        }
    }

    /// Checks the declared verification: genuine as `sign` makes the request, refused without that, and, where the
    /// scheme covers the body, with one byte more or less, or any one changed.
    /// - Parameter coversBody: false for a scheme that proves the sender only.
    public func check(
        verificationOf requests: [WebhookRequest], coversBody: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation, signedBy sign: (WebhookRequest) -> WebhookRequest
    ) async {
        guard case .scheme(let verifier) = channel.webhooks.verification else {
            Issue.record("the channel declares no verification", sourceLocation: sourceLocation)
            return
        }
        let now = host.clock.now()
        for request in requests {
            let signed = sign(request)
            let genuine = await verifier.verify(signed, now: now)
            #expect(genuine == .genuine, sourceLocation: sourceLocation)
            let bare = await verifier.verify(request, now: now)
            #expect(bare != .genuine, "an unsigned request is genuine", sourceLocation: sourceLocation)
            expectNoSecret(in: bare, "the refusal", sourceLocation: sourceLocation)
            guard coversBody else { continue }
            let byte = UInt8(ascii: "x")
            let changed = signed.body.indices.prefix(1000).map { index in
                var body = signed.body
                body[index] ^= 1
                return body
            }
            for body in [signed.body + [byte], Array(signed.body.dropLast()), []] + changed where body != signed.body {
                let verdict = await verifier.verify(signed.with(body: body), now: now)
                #expect(verdict != .genuine, "an altered body is genuine", sourceLocation: sourceLocation)
                expectNoSecret(in: verdict, "the refusal", sourceLocation: sourceLocation)
            }
        }
    }

    /// Checks that the reports of `requests` end in `status` in whatever order they come, each of them twice. Every
    /// permutation is tried: give at most 7.
    public func check(
        anyOrderOf requests: [WebhookRequest], endsIn status: StatusName,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let ranks = requests.map { request in
            (parse(request)?.reports ?? []).compactMap { $0.status.flatMap(order.rank) }
        }
        var ends: Set<StatusName> = []
        Self.permutations(of: ranks) { permutation in
            var standing: StatusOrder.Rank = 0
            for rank in (permutation + permutation.reversed()).joined() where rank > standing { standing = rank }
            ends.insert(order[standing].name)
        }
        #expect(ends == [status], sourceLocation: sourceLocation)
    }

    private func parse(_ request: WebhookRequest) -> WebhookContents? { try? channel.webhooks.parse(request) }

    /// Everything that the host asks of a parser about one request.
    private func bear(_ request: WebhookRequest) -> WebhookContents? {
        _ = channel.webhooks.handshake(request)
        _ = channel.webhooks.acknowledgement(of: request)
        return parse(request)
    }

    /// Heap's algorithm.
    private static func permutations<Element>(of elements: [Element], _ visit: ([Element]) -> Void) {
        var elements = elements
        func permute(_ count: Int) {
            guard count > 1 else { return visit(elements) }
            for index in 0..<count {
                permute(count - 1)
                if index < count - 1 { elements.swapAt(count.isMultiple(of: 2) ? index : 0, count - 1) }
            }
        }
        permute(elements.count)
    }
}

extension WebhookRequest {
    func with(body: [UInt8]) -> WebhookRequest {
        WebhookRequest(
            method: method, url: url, headers: headers, body: body, receivedAt: receivedAt, remoteAddress: remoteAddress
        )
    }

    /// The same with one field more, where it is a JSON object or a form.
    fileprivate var withAnotherField: WebhookRequest? {
        let isForm = headers["Content-Type"]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true
        if isForm, !body.isEmpty { return with(body: body + Array("&UnheardOf=1".utf8)) }
        let isFilled = body.first { $0 != UInt8(ascii: "{") && !Self.isSpace($0) } != UInt8(ascii: "}")
        guard body.first == UInt8(ascii: "{") else { return nil }
        let field = #"{"unheard_of":{"x":[1,null,"y"]}"# + (isFilled ? "," : "")
        return with(body: Array(field.utf8) + body.dropFirst())
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    fileprivate var withOtherContentTypes: [WebhookRequest] {
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
