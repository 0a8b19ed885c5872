/// The sendsms user that the Kannel stand-in knows, and what happens to its messages. None of it is a secret.
struct KannelSettings: Sendable {
    var username = "sandbox"
    var password = "sandbox-password"
    /// Where inbound messages go, with Kannel's escapes such as `%p`: nil for nowhere.
    var inboundURL: CallbackURL?
    var script: [KannelStatus] = [.smscAccepted, .delivered]
}

/// What a delivery report is of, later evidence after earlier.
enum KannelStatus: String, ProviderStatus {
    /// In the answer to a request only.
    case accepted
    case buffered
    case smscAccepted = "smsc-accepted"
    case rejected, failed, delivered

    var isFinal: Bool { self >= .rejected }

    /// Kannel's number for it, a bit of `dlr-mask`; 0 for what is not reported.
    var bit: Int {
        switch self {
        case .accepted: 0
        case .delivered: 1
        case .failed: 2
        case .buffered: 4
        case .smscAccepted: 8
        case .rejected: 16
        }
    }

    /// What the SMSC says.
    var text: String {
        switch self {
        case .accepted, .buffered, .smscAccepted: "ACK/"
        case .rejected: "NACK/0x00000001/Rejected"
        case .failed: "id:1 sub:001 dlvrd:000 stat:UNDELIV err:001"
        case .delivered: "id:1 sub:001 dlvrd:001 stat:DELIVRD err:000"
        }
    }
}

/// What Kannel makes of numbers with a meaning.
extension SpecialNumber {
    func kannelReports(script: [KannelStatus]) -> [KannelStatus] {
        switch self {
        case .unreachable: [.smscAccepted, .failed]
        case .filtered, .optedOut: [.rejected]
        default: arrange(script) ?? script
        }
    }
}
