import ArgumentParser

/// The account that the Vonage stand-in knows, and what happens to its messages. None of it is a secret.
struct VonageSettings: Sendable {
    /// How delivery receipts of the SMS API are sent.
    enum ReceiptMethod: String, Sendable, CaseIterable, ExpressibleByArgument {
        case get, post, json
    }

    var apiKey = "5a4db0c5"
    var apiSecret = "sandbox-api-secret"
    /// What receipts and webhooks are signed with; nil for receipts without a signature.
    var signatureSecret: String? = "sandbox-signature-secret"
    var signatureMethod = VonageSigner.Method.sha256
    /// Where receipts and statuses go whose message names no address.
    var webhook: CallbackURL?
    var receiptMethod = ReceiptMethod.post
    var script: [VonageReceiptStatus] = [.buffered, .delivered]
    /// Of the Messages API; messages to WhatsApp are read besides.
    var messagesScript: [VonageMessageStatus] = [.submitted, .delivered]
}

/// The status in a receipt of the SMS API, later evidence after earlier.
enum VonageReceiptStatus: String, ProviderStatus {
    /// In the ledger only: the answer's status is a number.
    case submitted
    case accepted, buffered, unknown, expired, rejected, failed, delivered

    var isFinal: Bool { self >= .expired }
    /// 1 is Vonage's "unknown".
    var standardErrorCode: Int? { isFinal && self != .delivered ? 1 : nil }
}

/// The status in a webhook of the Messages API, later evidence after earlier.
enum VonageMessageStatus: String, ProviderStatus {
    /// In the ledger only: the answer names no status.
    case accepted
    case submitted, rejected, undeliverable, delivered, read

    var isFinal: Bool { self >= .rejected }
    /// 1330 is Vonage's "unknown".
    var standardErrorCode: Int? { self == .rejected || self == .undeliverable ? 1330 : nil }
}

/// What Vonage makes of numbers with a meaning.
extension SpecialNumber {
    func vonageReceipts(script: [VonageReceiptStatus]) -> (statuses: [VonageReceiptStatus], errorCode: Int?) {
        switch self {
        case .unreachable: ([.buffered, .failed], 3)
        case .filtered: ([.rejected], 6)
        case .optedOut: ([.rejected], 4)
        default: (arrange(script) ?? script, nil)
        }
    }

    func vonageMessageLife(script: [VonageMessageStatus], onWhatsApp: Bool, isTemplate: Bool) -> MessageLife {
        let (reports, code): ([VonageMessageStatus], Int?) =
            switch self {
            case .unreachable: ([.submitted, .undeliverable], 1190)
            case .filtered: ([.rejected], 1210)
            case .optedOut: ([.rejected], 1290)
            case .windowClosed where onWhatsApp && !isTemplate: ([.rejected], 1340)
            case .windowClosedLater where onWhatsApp && !isTemplate: ([.submitted, .rejected], 1340)
            default: (arrange(script) ?? script, nil)
            }
        return MessageLife(initial: .accepted, reports: reports, errorCode: code)
    }
}
