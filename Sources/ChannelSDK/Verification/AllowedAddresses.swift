/// The addresses that a provider calls from, for providers that sign nothing. It proves no more than where a request
/// comes from: who can send from such an address is believed. Behind a proxy the host must know the proxy
/// (`server.trusted_proxies`), else every request comes from that.
public struct AllowedAddresses: PromptWebhookVerifier {
    /// The blocks that are believed.
    public let networks: [IPNetwork]

    /// - Parameter networks: none: nothing is genuine.
    public init(_ networks: [IPNetwork]) { self.networks = networks }

    public var name: String { "the caller's address" }

    public func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        WebhookVerdict { () throws(VerificationFault) in
            guard let address = request.remoteAddress else {
                throw VerificationFault("the caller's address is not known")
            }
            guard networks.contains(where: { $0.contains(address) }) else {
                throw VerificationFault("\(address) is not one of the allowed addresses")
            }
        }
    }
}
