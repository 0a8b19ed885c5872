import Crypto
import CryptoExtras
import FoundationEssentials
import NIOCore
import SwiftASN1
import Synchronization
import X509

/// An SNS topic: its messages are signed with a key whose certificate it shows.
final class SNSTopic: Sendable {
    /// The key and its certificate, self-signed.
    struct Identity: Sendable {
        let key: _RSA.Signing.PrivateKey
        let certificate: String
    }

    private struct Subscription: Sendable {
        /// Of the confirmations that were asked for.
        var tokens: Set<String> = []
        var isConfirmed = false
    }

    static let certificatePath = "SimpleNotificationService-0000000000000000000000000000005a.pem"

    private let settings: SESSettings
    /// Made at the first use: it takes a moment, and most sandboxes send no mail through SES.
    private let identity = Mutex<Identity?>(nil)
    private let subscription = Mutex(Subscription())

    init(_ settings: SESSettings) {
        self.settings = settings
    }

    /// In PEM form.
    func certificate() throws -> String {
        try made().certificate
    }

    /// Whether the subscriber has visited the address that it was asked to.
    var isConfirmed: Bool { subscription.withLock { $0.isConfirmed } }

    /// What is said of a subscription is forgotten: the next has to be confirmed anew.
    func reset() { subscription.withLock { $0 = Subscription() } }

    func expectConfirmation(by token: String) {
        subscription.withLock { _ = $0.tokens.insert(token) }
    }

    /// - Returns: false when nobody was given the token, or it is of another topic.
    func confirm(topic: String?, token: String?) -> Bool {
        subscription.withLock { subscription in
            guard topic == settings.topicARN, let token, subscription.tokens.contains(token) else { return false }
            subscription.isConfirmed = true
            return true
        }
    }

    /// Writes the request with a message.
    /// - Parameters:
    ///   - id: of the message; the same when it is sent again.
    ///   - time: in milliseconds since 1970.
    func writeRequest(
        _ kind: Kind, id: String, at time: Int64, to url: CallbackURL, into buffer: inout ByteBuffer
    ) throws {
        let members = try signed(kind, id: id, at: time)
        buffer.writeRequest(
            to: url,
            headers: [
                ("User-Agent", "Amazon Simple Notification Service Agent"),
                ("Content-Type", "text/plain; charset=UTF-8"), ("x-amz-sns-message-type", kind.type),
                ("x-amz-sns-message-id", id), ("x-amz-sns-topic-arn", settings.topicARN),
            ], body: ByteBuffer(json: .object(members)))
    }

    enum Kind {
        case notification(message: String, subject: String)
        case subscriptionConfirmation(token: String)

        var type: String {
            switch self {
            case .notification: "Notification"
            case .subscriptionConfirmation: "SubscriptionConfirmation"
            }
        }
    }

    private func signed(_ kind: Kind, id: String, at time: Int64) throws -> [JSON.Member] {
        let topic = settings.topicARN
        var fields = [
            ("Type", kind.type), ("MessageId", id), ("TopicArn", topic),
            ("Timestamp", CivilTime(milliseconds: time).iso8601),
        ]
        switch kind {
        case .notification(let message, let subject): fields += [("Subject", subject), ("Message", message)]
        case .subscriptionConfirmation(let token):
            let query = "Action=ConfirmSubscription&TopicArn=\(topic)&Token=\(token)"
            fields += [
                ("Token", token),
                (
                    "Message",
                    "You have chosen to subscribe to the topic \(topic).\nTo confirm the subscription, visit the "
                        + "SubscribeURL included in this message."
                ), ("SubscribeURL", "\(settings.snsAddress)/?\(query)"),
            ]
        }
        // All that is so far is signed, in the order of the names.
        let text = fields.sorted { $0.0 < $1.0 }.map { "\($0)\n\($1)\n" }.joined()
        fields += [
            ("SignatureVersion", "\(settings.signatureVersion)"), ("Signature", try signature(of: text)),
            ("SigningCertURL", "\(settings.snsAddress)/\(Self.certificatePath)"),
        ]
        if case .notification = kind {
            fields.append(("UnsubscribeURL", "\(settings.snsAddress)/?Action=Unsubscribe&SubscriptionArn=\(topic):0"))
        }
        return fields.map { JSON.Member(name: $0, value: .string($1)) }
    }

    private func signature(of text: String) throws -> String {
        let key = try made().key
        let data = Data(text.utf8)
        let signature =
            settings.signatureVersion == 1
            ? try key.signature(for: Insecure.SHA1.hash(data: data), padding: .insecurePKCS1v1_5)
            : try key.signature(for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5)
        return signature.rawRepresentation.base64EncodedString()
    }

    private func made() throws -> Identity {
        try identity.withLock { identity in
            if let identity { return identity }
            let made = try Self.make()
            identity = made
            return made
        }
    }

    private static func make() throws -> Identity {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let name = try DistinguishedName { CommonName("sns.amazonaws.com") }
        let signer = Certificate.PrivateKey(key)
        let now = Date()
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: signer.publicKey,
            notValidBefore: now.addingTimeInterval(-86_400), notValidAfter: now.addingTimeInterval(365 * 86_400),
            issuer: name, subject: name, signatureAlgorithm: .sha256WithRSAEncryption,
            extensions: Certificate.Extensions(), issuerPrivateKey: signer)
        return Identity(key: key, certificate: try certificate.serializeAsPEM().pemString + "\n")
    }
}
