import ChannelSDK

extension ConformanceSuite {
    /// Checks how the parser reads webhooks: each one as the table says, the same again, with a field and with a status that
    /// nobody has heard of; then each one cut at every byte, damaged at random, and under content types that are not its
    /// own: it must bear that, and report statuses of the graph only.
    public func check(webhooks cases: [WebhookCase]) -> [ConformanceFinding] {
        var list = findings(.webhooks)
        for one in cases {
            let (what, here) = ("'\(one.name)'", one.location)
            let contents = parse(one.request)
            list.expect(contents, is: one.contents, at: here, what)
            list.expect(
                parse(one.request) == contents, at: here,
                "\(what) says something else when it is read again: the parser must be a pure function of the request")
            if one.contents != nil {
                for more in one.request.withAnotherField {
                    list.expect(
                        parse(more), is: one.contents, at: here, "\(what), with a field that nobody has heard of,")
                }
            }
            list.expectReadsUnknownWords(of: one, self)
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
    /// Providers add statuses without notice: one of the words in a report of a status is the status, and another word in its
    /// place is reported as it is.
    fileprivate mutating func expectReadsUnknownWords(of one: WebhookCase, _ suite: ConformanceSuite) {
        guard one.contents?.reports.contains(where: { $0.status != nil }) == true else { return }
        // With every word of a long list changed in turn, the list would be read thousands of times.
        guard one.request.body.count <= 4000 else { return }
        let isReported = one.request.words.contains { word in
            // Where the provider speaks in numbers, so does it of what is new.
            let other = word.allSatisfy { (48...57).contains($0) } ? "77" : "brand_new"
            let contents = suite.bear(one.request.replacing(word, by: other))
            return contents?.reports.contains { $0.unknownWord?.lowercased().contains(other) ?? false } ?? false
        }
        expect(
            isReported, at: one.location,
            "'\(one.name)', with a status that nobody has heard of: should be reported as unknown, with the provider's word"
        )
    }

    mutating func expectBears(
        _ requests: [WebhookRequest], _ suite: ConformanceSuite, at location: CaseLocation?, _ what: String
    ) {
        let reports = requests.flatMap { suite.bear($0)?.reports ?? [] }
        for status in Set(reports.compactMap(\.status)) { expectInGraph(status, suite, at: location, what) }
    }
}

extension StatusReport {
    /// The status that it is evidence of.
    var status: StatusName? {
        if case .status(let name) = kind { name } else { nil }
    }

    var unknownWord: String? {
        if case .unknown(let word) = kind { word } else { nil }
    }
}
