public import ChannelSDK

extension ConformanceSuite {
    /// Checks how the client reads answers to `content`: each one as the table says; then each one cut at every byte,
    /// damaged at random, and with the request's secrets echoed in it. Whatever comes is an outcome, the same each time, of
    /// the graph's statuses and without a secret.
    public func check(answers cases: [AnswerCase], to content: MessageContent) -> [ConformanceFinding] {
        var list = findings(.answers)
        let message = message(content)
        for one in cases {
            guard let client = list.httpClient(of: self, at: one.location) else { break }
            let outcome = client.outcome(of: one.response, for: message)
            list.expect(outcome, is: one.outcome, at: one.location, "'\(one.name)'")
            list.expect(
                client.outcome(of: one.response, for: message) == outcome, at: one.location,
                "'\(one.name)': the outcome is another one when the answer is read again")
            var generator = SeededGenerator(seed: seed)
            let body = one.response.body
            let damaged =
                (0..<min(body.count, 1000)).map { Array(body.prefix($0)) }
                + (0..<20).map { _ in generator.damaged(body) } + (0..<5).map { _ in generator.bytes(upTo: 200) }
            let outcomes = Set(
                (damaged + echoes(client, message)).map { client.outcome(of: one.response(with: $0), for: message) })
            list.expectBearable(
                outcomes, self, at: one.location, "'\(one.name)'", hiding: sentSecrets(client, message))
        }
        return list.findings
    }

    /// Answers that repeat what was sent, as a debugging proxy's do.
    func echoes(_ client: any HTTPDeliveryClient, _ message: OutboundMessage) -> [[UInt8]] {
        (secrets + sentSecrets(client, message)).flatMap { secret in
            let text = "you sent \(secret) to us"
            return [
                text, "\"\(text)\"", #"{"code":1,"message":"\#(text)"}"#, #"{"code":"\#(secret)","title":"\#(text)"}"#,
                #"{"detail":"\#(text)"}"#, #"{"error":{"message":"\#(text)","code":1}}"#,
                #"{"error":"\#(text)"}"#, #"{"errors":[{"message":"\#(text)"}]}"#,
            ].map { Array($0.utf8) }
        }
    }

    /// What follows the scheme in `Authorization`: derived from secrets, and as good as they are.
    func sentSecrets(_ client: any HTTPDeliveryClient, _ message: OutboundMessage) -> [String] {
        guard let header = (try? client.request(for: message))?.headers["Authorization"] else { return [] }
        return header.split(separator: " ").dropFirst().map(String.init)
    }
}

extension FindingList {
    mutating func expectBearable(
        _ outcomes: Set<DeliveryOutcome>, _ suite: ConformanceSuite, at location: CaseLocation?, _ what: String,
        hiding sent: [String]
    ) {
        for case .accepted(let acceptance) in outcomes {
            expectInGraph(acceptance.status, suite, at: location, "\(what), damaged (seed \(suite.seed))")
        }
        expectNoSecret(
            in: outcomes, suite, at: location, "\(what): the outcome of an answer that echoes the request",
            alsoHiding: sent)
    }
}

extension AnswerCase {
    /// The same answer with another body.
    func response(with body: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: response.status, headers: response.headers, body: body)
    }
}
