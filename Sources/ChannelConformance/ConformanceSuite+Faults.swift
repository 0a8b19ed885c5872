public import ChannelSDK

/// What can go wrong with any provider's answer, whatever the table has.
extension ConformanceSuite {
    /// Checks what the client makes of a provider that is too busy, broken, talks without end or says nothing: never taken
    /// for an acceptance or a refusal of the message, a delay that it asks for is kept to, what may have left is not sent
    /// again, and nobody's secret shows.
    public func checkFaults(
        of content: MessageContent, at location: CaseLocation? = nil
    ) -> [ConformanceFinding] {
        var list = findings(.faults)
        if let client = channel.delivery as? any HTTPDeliveryClient {
            let message = message(content)
            list.expectBearsBusyAnswers(client, message, at: location)
            list.expectBearsHugeAnswers(client, message, self, at: location)
            for failure in Self.transportFailures {
                list.expect(
                    client.outcome(of: failure), follows: failure, isIdempotent: client.isIdempotent, at: location)
            }
        } else if let client = channel.delivery as? any SMTPDeliveryClient {
            for failure in Self.transportFailures {
                list.expect(client.outcome(of: failure), follows: failure, isIdempotent: false, at: location)
            }
        }
        return list.findings
    }

    private static var transportFailures: [TransportFailure] {
        let reasons: [TransportFailure.Reason] = [
            .resolve, .connect, .tls, .timeout, .reset, .responseTooLarge, .other,
        ]
        return reasons.flatMap { reason in
            [false, true].map { TransportFailure(reason: reason, mayHaveBeenSent: $0, message: "\(reason)") }
        }
    }
}

extension FindingList {
    fileprivate mutating func expectBearsBusyAnswers(
        _ client: any HTTPDeliveryClient, _ message: OutboundMessage, at here: CaseLocation?
    ) {
        for body in ["", "<html><body>Busy</body></html>", "{}", #"{"error":"busy"}"#].map({ Array($0.utf8) }) {
            for delay: Duration? in [nil, .seconds(7)] {
                let headers: HTTPHeaders = delay == nil ? [:] : ["Retry-After": "7"]
                let outcome = client.outcome(of: HTTPResponse(status: 429, headers: headers, body: body), for: message)
                let asked: Duration?? =
                    switch outcome {
                    case .throttled(_, let after), .retry(_, let after): after
                    default: .none
                    }
                let means = delay == nil ? "without Retry-After" : "with Retry-After: 7"
                expect(
                    asked == .some(delay), at: here,
                    "HTTP 429 \(means) is \(outcome.kindName): should be throttled, or retry, after the given delay")
            }
            for status in [500, 502, 503, 504] {
                let outcome = client.outcome(of: HTTPResponse(status: status, body: body), for: message)
                expect(
                    outcome.isOpen, at: here,
                    "HTTP \(status) without the provider's own code is \(outcome.kindName): should be retry or uncertain"
                )
            }
        }
    }

    /// As large as the transport lets through.
    fileprivate mutating func expectBearsHugeAnswers(
        _ client: any HTTPDeliveryClient, _ message: OutboundMessage, _ suite: ConformanceSuite,
        at here: CaseLocation?
    ) {
        let size = HTTPResponse.largestBody
        let bodies = [
            String(repeating: "x", count: size), String(repeating: "[", count: size),
            "{\"a\":\"" + String(repeating: "\\u00e9", count: size / 6 - 2) + "\"}",
            String(repeating: "{\"a\":", count: size / 5), String(repeating: "a=b&", count: size / 4),
        ].map { Array($0.utf8) }
        for (body, status) in bodies.flatMap({ [($0, 200), ($0, 400)] }) {
            let outcome = client.outcome(of: HTTPResponse(status: status, body: body), for: message)
            let length = outcome.failure?.message.utf8.count ?? 0
            expect(
                length <= 8192, at: here,
                "HTTP \(status) with \(size) bytes: \(length) bytes of explanation; cut what a provider says")
            if case .accepted(let acceptance) = outcome {
                expect(status == 200, at: here, "HTTP \(status) is taken for an acceptance")
                expectInGraph(acceptance.status, suite, at: here, "a huge answer")
            }
        }
    }

    /// What may have left is not sent again, unless the provider drops repeats; what has not left is.
    fileprivate mutating func expect(
        _ outcome: DeliveryOutcome, follows failure: TransportFailure, isIdempotent: Bool, at here: CaseLocation?
    ) {
        let described = DeliveryFailure(.transient, code: failure.reason.rawValue, message: failure.message)
        let isSure = !failure.mayHaveBeenSent || isIdempotent
        expect(
            outcome, is: isSure ? .retry(described) : .uncertain(described), at: here,
            "no answer (\(failure.reason.rawValue), \(failure.mayHaveBeenSent ? "may have been sent" : "not sent"))")
    }
}

extension DeliveryOutcome {
    /// Neither taken nor refused.
    var isOpen: Bool {
        switch self {
        case .retry, .throttled, .uncertain: true
        case .accepted, .rejected: false
        }
    }

    var failure: DeliveryFailure? {
        switch self {
        case .accepted: nil
        case .rejected(let failure), .retry(let failure, _), .throttled(let failure, _), .uncertain(let failure):
            failure
        }
    }

    /// As it is written.
    var kindName: String {
        switch self {
        case .accepted: "accepted"
        case .rejected: "rejected"
        case .retry(_, let after): "retry after \(after.map { "\($0)" } ?? "the host's own delay")"
        case .throttled(_, let after): "throttled for \(after.map { "\($0)" } ?? "the host's own delay")"
        case .uncertain: "uncertain"
        }
    }
}
