import ChannelSDK
import Testing

/// What can go wrong with any provider's answer, whatever the table has.
extension ChannelTestKit {
    /// A provider that is too busy, broken, or talks without end: never taken for an acceptance or a refusal of the
    /// message, a delay that it asks for is kept to, and nobody's secret shows.
    func expectBearsFaults(_ client: any HTTPDeliveryClient, _ message: OutboundMessage, at here: SourceLocation) {
        let bodies = ["", "<html><body>Busy</body></html>", "{}", #"{"error":"busy"}"#].map { Array($0.utf8) }
        for body in bodies {
            for delay: Duration? in [nil, .seconds(7)] {
                let headers: HTTPHeaders = delay == nil ? [:] : ["Retry-After": "7"]
                let outcome = client.outcome(
                    of: HTTPResponse(status: 429, headers: headers, body: body), for: message)
                let asked: Duration?? =
                    switch outcome {
                    case .throttled(_, let after), .retry(_, let after): after
                    default: .none
                    }
                #expect(
                    asked == .some(delay), "429 with a delay of \(delay.map { "\($0)" } ?? "none")",
                    sourceLocation: here)
            }
            for status in [500, 502, 503, 504] {
                let outcome = client.outcome(of: HTTPResponse(status: status, body: body), for: message)
                #expect(outcome.isOpen, "HTTP \(status): \(outcome)", sourceLocation: here)
            }
        }
        expectBearsHugeAnswers(client, message, at: here)
        for failure in Self.transportFailures {
            expect(client.outcome(of: failure), follows: failure, isIdempotent: client.isIdempotent, at: here)
        }
    }

    /// The same of a mail server that is not reached, or breaks off.
    func expectBearsFaults(_ client: any SMTPDeliveryClient, at here: SourceLocation) {
        for failure in Self.transportFailures {
            expect(client.outcome(of: failure), follows: failure, isIdempotent: false, at: here)
        }
    }

    /// Many times as large as any answer; above a mebibyte the host itself refuses it.
    private func expectBearsHugeAnswers(
        _ client: any HTTPDeliveryClient, _ message: OutboundMessage, at here: SourceLocation
    ) {
        let size = 1 << 15
        let bodies = [
            String(repeating: "x", count: size), String(repeating: "[", count: size),
            "{\"a\":\"" + String(repeating: "\\u00e9", count: size / 6) + "\"}",
            String(repeating: "{\"a\":", count: size / 5), String(repeating: "a=b&", count: size / 4),
        ]
        for (body, status) in zip(bodies + bodies, [200, 200, 200, 200, 200, 400, 400, 400, 400, 400]) {
            let outcome = client.outcome(of: HTTPResponse(status: status, body: Array(body.utf8)), for: message)
            let length = outcome.failure?.message.utf8.count ?? 0
            #expect(length <= 8192, "HTTP \(status): \(length) bytes of explanation", sourceLocation: here)
            if case .accepted(let acceptance) = outcome {
                #expect(status == 200, "HTTP \(status) is taken for an acceptance", sourceLocation: here)
                expectInGraph(acceptance.status, "a huge answer", sourceLocation: here)
            }
        }
    }

    private static var transportFailures: [TransportFailure] {
        let reasons: [TransportFailure.Reason] = [
            .resolve, .connect, .tls, .timeout, .reset, .responseTooLarge, .other,
        ]
        return reasons.flatMap { reason in
            [false, true].map { TransportFailure(reason: reason, mayHaveBeenSent: $0, message: "\(reason)") }
        }
    }

    /// What may have left is not sent again, unless the provider drops repeats; what has not left is.
    private func expect(
        _ outcome: DeliveryOutcome, follows failure: TransportFailure, isIdempotent: Bool, at here: SourceLocation
    ) {
        let described = DeliveryFailure(.transient, code: failure.reason.rawValue, message: failure.message)
        let isSure = !failure.mayHaveBeenSent || isIdempotent
        #expect(outcome == (isSure ? .retry(described) : .uncertain(described)), sourceLocation: here)
    }
}

extension DeliveryOutcome {
    /// Neither taken nor refused.
    fileprivate var isOpen: Bool {
        switch self {
        case .retry, .throttled, .uncertain: true
        case .accepted, .rejected: false
        }
    }

    fileprivate var failure: DeliveryFailure? {
        switch self {
        case .accepted: nil
        case .rejected(let failure), .retry(let failure, _), .throttled(let failure, _), .uncertain(let failure):
            failure
        }
    }
}
