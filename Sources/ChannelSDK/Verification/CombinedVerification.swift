/// Several proofs, of which a request must bring every one.
public struct CombinedVerification: WebhookVerifier {
    private let verifiers: [any WebhookVerifier]

    /// - Parameter verifiers: in the order in which they are asked; none: nothing is genuine.
    public init(_ verifiers: [any WebhookVerifier]) { self.verifiers = verifiers }

    public var name: String { verifiers.map(\.name).joined(separator: ", and ") }

    public func withoutSecret(_ request: WebhookRequest) -> WebhookRequest {
        verifiers.reduce(request) { $1.withoutSecret($0) }
    }

    public func verify(_ request: WebhookRequest, now: Timestamp) async -> WebhookVerdict {
        guard !verifiers.isEmpty else { return .refused("nothing is configured to verify with") }
        var standing = WebhookVerdict.genuine
        for verifier in verifiers {
            switch await verifier.verify(request, now: now) {
            case .genuine: break
            case .refused(let reason): return .refused(reason)
            // Another proof may be wrong for good: then nobody need come again.
            case .undecided(let reason): standing = .undecided(reason)
            }
        }
        return standing
    }
}
