import ChannelSDK

/// Submits messages to FCM, each in a request of its own, all of a batch at once under one access token.
struct PushDelivery: DeliveryClient {
    let endpoint: String
    let tokens: AccessTokens
    let transport: any Transport

    var batchLimit: Int { 100 }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        do throws(AccessTokens.Unavailable) {
            let requests = PushRequests(endpoint: endpoint, token: try await tokens.current())
            let outcomes = await requests.deliver(messages, over: transport)
            if outcomes.contains(where: PushRequests.isUnauthenticated) { await tokens.forget() }
            return outcomes
        } catch {
            // No message has left.
            return messages.map { _ in error.isPassing ? .retry(error.failure) : .rejected(error.failure) }
        }
    }
}

/// The requests of one access token.
struct PushRequests: HTTPDeliveryClient {
    let endpoint: String
    let token: Secret

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        messages.map { _ in .retry(DeliveryFailure(.transient, code: "no_transport", message: "without a transport")) }
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        HTTPRequest(
            url: endpoint,
            headers: ["Authorization": "Bearer \(token.revealed)", "Content-Type": "application/json; charset=UTF-8"],
            body: PushMessage(message).bytes)
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        let answer = UntrustedJSON.decode(Answer.self, from: response.body)
        if (200..<300).contains(response.status) {
            guard let name = answer?.name, !name.isEmpty else {
                let message = "HTTP \(response.status) without a message's name: is base_url FCM's?"
                return .uncertain(DeliveryFailure(.other, code: "http_\(response.status)", message: message))
            }
            return .accepted(Acceptance(providerMessageID: name, status: "sent"))
        }
        let code = answer?.error?.details?.compactMap(\.errorCode).first ?? answer?.error?.status
        return outcome(code, answer?.error?.message, response)
    }

    /// By FCM's own code first, by HTTP status second.
    private func outcome(_ code: String?, _ words: String?, _ response: HTTPResponse) -> DeliveryOutcome {
        let message = String(
            token.redacted(from: words ?? "HTTP \(response.status) without an explanation").prefix(500))
        func failure(_ kind: DeliveryFailure.Kind) -> DeliveryFailure {
            DeliveryFailure(kind, code: token.redacted(from: code ?? "http_\(response.status)"), message: message)
        }
        switch code {
        // The app is gone from the device, or the token is of no device at all.
        case "UNREGISTERED": return .rejected(failure(.recipient))
        case "INVALID_ARGUMENT":
            return .rejected(failure(message.contains("registration token") ? .recipient : .content))
        case "SENDER_ID_MISMATCH", "THIRD_PARTY_AUTH_ERROR", "PERMISSION_DENIED":
            return .rejected(failure(.configuration))
        case "QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED": return .throttled(failure(.rateLimit), after: delay(response))
        case "UNAVAILABLE", "INTERNAL": return .retry(failure(.transient), after: delay(response))
        // The token ended, or was taken back: tried again under another.
        case Self.unauthenticated: return .retry(failure(.transient))
        default: break
        }
        switch response.status {
        case 429: return .throttled(failure(.rateLimit), after: delay(response))
        case 502, 504: return .uncertain(failure(.transient))
        case 500...: return .retry(failure(.transient), after: delay(response))
        case 401, 403, 404: return .rejected(failure(.configuration))
        default: return .rejected(failure(.other))
        }
    }

    private static let unauthenticated = "UNAUTHENTICATED"

    static func isUnauthenticated(_ outcome: DeliveryOutcome) -> Bool {
        if case .retry(let failure, _) = outcome { failure.code == unauthenticated } else { false }
    }

    private func delay(_ response: HTTPResponse) -> Duration? {
        response.headers["Retry-After"].flatMap { Int($0) }.map { .seconds(min(max($0, 0), 86_400)) }
    }

    private struct Answer: Decodable {
        struct Failure: Decodable {
            struct Detail: Decodable {
                let errorCode: String?
            }

            let status: String?
            let message: String?
            let details: [Detail]?
        }

        let name: String?
        let error: Failure?
    }
}
