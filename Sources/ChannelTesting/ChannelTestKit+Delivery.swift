public import ChannelSDK
import Testing

extension ChannelTestKit {
    /// Checks the requests of an ``HTTPDeliveryClient``: each to the letter; the same when made again; with the
    /// delivery's id in it, so that reports find the delivery; without a secret in its description.
    public func check(requests cases: [RequestCase]) {
        for one in cases {
            let here = one.sourceLocation
            guard let client = client(here) else { return }
            do throws(DeliveryFailure) {
                let request = try client.request(for: message(one.content))
                expect(request, is: one.request, one)
                #expect(try client.request(for: message(one.content)) == request, "\(one.name)", sourceLocation: here)
                #expect(carriesDelivery(request), "\(one.name): no delivery id in it", sourceLocation: here)
                let isHidden = !secrets.contains { request.description.contains($0) }
                #expect(isHidden, "\(one.name): the description shows a secret", sourceLocation: here)
            } catch {
                Issue.record("\(one.name): \(error)", sourceLocation: here)
            }
        }
    }

    /// Checks how the client reads answers: each one as the table says; then each one cut at every byte, damaged at
    /// random, and with the request's secrets echoed in it. Whatever comes is an outcome, of the graph's statuses and
    /// without a secret. Besides: 429 with a delay and without, 5xx, answers without end, and no answer at all.
    public func check(answers cases: [AnswerCase], to content: MessageContent) {
        let message = message(content)
        if let first = cases.first, let client = client(first.sourceLocation) {
            expectBearsFaults(client, message, at: first.sourceLocation)
        }
        for one in cases {
            guard let client = client(one.sourceLocation) else { return }
            let outcome = client.outcome(of: one.response, for: message)
            #expect(outcome == one.outcome, "\(one.name)", sourceLocation: one.sourceLocation)
            var generator = SeededGenerator(seed: seed)
            let body = one.response.body
            let damaged =
                (0..<min(body.count, 1000)).map { Array(body.prefix($0)) }
                + (0..<20).map { _ in generator.damaged(body) } + (0..<5).map { _ in generator.bytes(upTo: 200) }
            let outcomes = Set(
                (damaged + echoes(client, message)).map { client.outcome(of: one.response(with: $0), for: message) })
            expectBearable(outcomes, one, hiding: sentSecrets(client, message))
        }
    }

    /// One failure for each kind of fault, however many outcomes show it.
    private func expectBearable(_ outcomes: Set<DeliveryOutcome>, _ one: AnswerCase, hiding sent: [String]) {
        let here = one.sourceLocation
        let statuses = outcomes.compactMap { if case .accepted(let acceptance) = $0 { acceptance.status } else { nil } }
        for status in Set(statuses) { expectInGraph(status, "\(one.name), seed \(seed)", sourceLocation: here) }
        expectNoSecret(in: outcomes, "\(one.name), the outcome of an echo", sourceLocation: here, alsoHiding: sent)
    }

    /// Answers that repeat what was sent, as a debugging proxy's do.
    private func echoes(_ client: any HTTPDeliveryClient, _ message: OutboundMessage) -> [[UInt8]] {
        (secrets + sentSecrets(client, message)).flatMap { secret in
            let text = "you sent \(secret) to us"
            return [
                text, "\"\(text)\"", #"{"code":1,"message":"\#(text)"}"#, #"{"code":"\#(secret)","title":"\#(text)"}"#,
                #"{"detail":"\#(text)"}"#, #"{"error":{"message":"\#(text)","code":1}}"#,
            ].map { Array($0.utf8) }
        }
    }

    /// What follows the scheme in `Authorization`: derived from secrets, and as good as they are.
    private func sentSecrets(_ client: any HTTPDeliveryClient, _ message: OutboundMessage) -> [String] {
        guard let header = (try? client.request(for: message))?.headers["Authorization"] else { return [] }
        return header.split(separator: " ").dropFirst().map(String.init)
    }

    private func expect(_ request: HTTPRequest, is expected: HTTPRequest, _ one: RequestCase) {
        let here = one.sourceLocation
        #expect(request.method == expected.method, "\(one.name)", sourceLocation: here)
        #expect(request.url == expected.url, "\(one.name)", sourceLocation: here)
        #expect(Self.sorted(request.headers) == Self.sorted(expected.headers), "\(one.name)", sourceLocation: here)
        let (body, wanted) = (
            String(decoding: request.body, as: UTF8.self), String(decoding: expected.body, as: UTF8.self)
        )
        #expect(body == wanted, "\(one.name)", sourceLocation: here)
        #expect(request.timeout == expected.timeout, "\(one.name)", sourceLocation: here)
    }

    private static func sorted(_ headers: HTTPHeaders) -> [String] {
        headers.fields.map { "\($0.name.lowercased()): \($0.value)" }.sorted()
    }

    private func carriesDelivery(_ request: HTTPRequest) -> Bool {
        let texts = [request.url, String(decoding: request.body, as: UTF8.self)] + request.headers.fields.map(\.value)
        return texts.contains { $0.contains(delivery.description) }
    }

    private func client(_ sourceLocation: SourceLocation) -> (any HTTPDeliveryClient)? {
        let client = channel.delivery as? any HTTPDeliveryClient
        #expect(client != nil, "the delivery client is no HTTPDeliveryClient", sourceLocation: sourceLocation)
        return client
    }
}

extension AnswerCase {
    /// The same answer with another body.
    func response(with body: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: response.status, headers: response.headers, body: body)
    }
}
