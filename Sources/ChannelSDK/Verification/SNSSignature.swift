import Crypto
import CryptoExtras
import FoundationEssentials

/// The signature of an Amazon SNS message, versions 1 and 2: RSA over some of its fields, by a certificate that the
/// message names.
///
/// Anybody can have a topic of their own, signed just as well: so only messages of the configured topic are genuine.
/// Only certificates at SNS's own addresses are fetched, over HTTPS, which is what proves that they are Amazon's; another
/// ``SNSEndpoint`` is believed only where the operator names it. A genuine confirmation of a subscription to the topic is
/// confirmed, at an address of the same.
public struct SNSSignature: WebhookVerifier {
    /// The only topic that is believed.
    public let topicARN: String
    private let endpoint: SNSEndpoint
    private let transport: any Transport
    private let cache: any Cache

    public init(topicARN: String, endpoint: SNSEndpoint = .amazon, transport: any Transport, cache: any Cache) {
        (self.topicARN, self.endpoint, self.transport, self.cache) = (topicARN, endpoint, transport, cache)
    }

    public var name: String { "SNS signature of \(topicARN)" }

    public func verify(_ request: WebhookRequest, now: Timestamp) async -> WebhookVerdict {
        do throws(VerificationFault) {
            guard let message = UntrustedJSON.decode([String: Field].self, from: request.body) else {
                throw VerificationFault("the body is not a JSON object")
            }
            let fields = message.compactMapValues(\.text)
            guard !topicARN.isEmpty, fields["TopicArn"] == topicARN else {
                throw VerificationFault("TopicArn is not the configured topic")
            }
            guard let address = fields["SigningCertURL"], endpoint.holdsCertificate(address) else {
                throw VerificationFault("SigningCertURL is not an address of SNS")
            }
            let signed = try Self.signed(fields)
            let certificate = try await certificate(at: address)
            try Self.check(fields, signed, certificate)
            if fields["Type"] == "SubscriptionConfirmation" { try await confirm(fields["SubscribeURL"] ?? "") }
            return .genuine
        } catch {
            return error.verdict
        }
    }

    private static func signed(_ fields: [String: String]) throws(VerificationFault) -> [UInt8] {
        let names =
            switch fields["Type"] {
            case "Notification": ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
            case "SubscriptionConfirmation", "UnsubscribeConfirmation":
                ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
            default: throw VerificationFault("Type is none of SNS's")
            }
        var signed = ""
        for name in names {
            guard let value = fields[name] else {
                if name == "Subject" { continue }
                throw VerificationFault("\(name) is missing")
            }
            signed += "\(name)\n\(value)\n"
        }
        return Array(signed.utf8)
    }

    private static func check(_ fields: [String: String], _ signed: [UInt8], _ certificate: X509PublicKey)
        throws(VerificationFault)
    {
        let text = (fields["Signature"] ?? "").filter { !$0.isNewline }
        guard let bytes = Data(base64Encoded: text), !bytes.isEmpty else {
            throw VerificationFault("Signature is missing, or not base64")
        }
        let signature = _RSA.Signing.RSASignature(rawRepresentation: bytes)
        let isGenuine =
            switch fields["SignatureVersion"] {
            case "1":
                certificate.key.isValidSignature(
                    signature, for: Insecure.SHA1.hash(data: signed), padding: .insecurePKCS1v1_5)
            case "2":
                certificate.key.isValidSignature(
                    signature, for: SHA256.hash(data: signed), padding: .insecurePKCS1v1_5)
            default: throw VerificationFault("SignatureVersion is neither 1 nor 2")
            }
        guard isGenuine else { throw VerificationFault("Signature does not match the message") }
    }

    private func certificate(at address: String) async throws(VerificationFault) -> X509PublicKey {
        // What one file's authorities vouch for is nothing to a channel that trusts others.
        let name = "sns-certificate/\(endpoint.certificateAuthorityFile ?? "")/\(address)"
        if let kept = await cache.value(for: name), let known = X509PublicKey(pem: kept) { return known }
        let file = try await fetch(address, or: "the certificate at SigningCertURL cannot be read now")
        guard let key = X509PublicKey(pem: file) else {
            throw VerificationFault("there is no certificate at SigningCertURL now", isPassing: true)
        }
        await cache.store(file, for: name, lifetime: .seconds(86_400))
        return key
    }

    private func confirm(_ address: String) async throws(VerificationFault) {
        guard endpoint.holds(address) else { throw VerificationFault("SubscribeURL is not an address of SNS") }
        _ = try await fetch(address, or: "the subscription cannot be confirmed now: ask SNS for it again")
    }

    /// What SNS has at one of its addresses. Only where it says by itself that it has nothing there, the next try would
    /// not find it either.
    private func fetch(_ address: String, or reason: String) async throws(VerificationFault) -> [UInt8] {
        guard case .success(let answer) = await transport.perform(endpoint.request(address)) else {
            throw VerificationFault(reason, isPassing: true)
        }
        guard answer.status == 200 else {
            let isFinal = (400..<500).contains(answer.status) && ![408, 425, 429].contains(answer.status)
            throw VerificationFault(reason, isPassing: !isFinal)
        }
        return answer.body
    }

    /// A string; anything else is no field.
    private struct Field: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
    }
}
