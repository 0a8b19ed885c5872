import ChannelSDK

/// What it means that a mail server does not take a mail: by the enhanced status code (RFC 3463) first, then by what the
/// reply is about, then by its code (RFC 5321).
struct SMTPRefusal: Sendable, Hashable {
    enum Remedy: Sendable, Hashable {
        /// None: it never will.
        case none
        /// The same mail again, later.
        case retry
        /// The server takes nothing at all now.
        case pause
    }

    let kind: DeliveryFailure.Kind
    let remedy: Remedy
    /// What was refused, for people.
    let place: String

    init(_ reply: SMTPReply) {
        place = Self.place(reply.stage)
        if reply.code >= 500 {
            (kind, remedy) = (Self.kind(reply), .none)
        } else if reply.code == 421, reply.stage == .session || reply.stage == .sender {
            // Closing, or too many connections: nothing about this mail was said yet.
            (kind, remedy) = (.rateLimit, .pause)
        } else {
            (kind, remedy) = (.transient, .retry)
        }
    }

    private static func place(_ stage: SMTPReply.Stage) -> String {
        switch stage {
        case .session: "the server refused the connection"
        case .authentication: "the server refused user and password"
        case .sender: "the server refused the sender"
        case .recipient: "the server refused the recipient"
        case .data, .message: "the server refused the mail"
        }
    }

    private static func kind(_ reply: SMTPReply) -> DeliveryFailure.Kind {
        // Authentication is asked for, too weak, or failed: somebody has to change the configuration.
        if reply.stage == .authentication || reply.stage == .session || [530, 534, 535, 538].contains(reply.code) {
            return .configuration
        }
        let told = reply.enhancedStatus.flatMap(kind(ofStatus:))
        // Its size is said beside the sender; all else is about the sender, whatever the status is called.
        if reply.stage == .sender { return told == .content || reply.code == 552 ? .content : .configuration }
        if let told { return told }
        switch (reply.stage, reply.code) {
        case (.recipient, 550...553), (.recipient, 521), (.recipient, 556): return .recipient
        case (_, 552): return .content
        case (_, 550), (_, 554): return .blocked
        default: return .other
        }
    }

    /// Nil where the status says too little.
    private static func kind(ofStatus status: String) -> DeliveryFailure.Kind? {
        let parts = status.split(separator: ".")
        guard parts.count == 3 else { return nil }
        switch (parts[1], parts[2]) {
        // The sender's address, and what it may do.
        case ("1", "7"), ("1", "8"): return .configuration
        case ("1", "0"): return nil
        // No such mailbox, no such domain, moved away; 10: the domain takes no mail.
        case ("1", _): return .recipient
        // Too large, for the mailbox or for the system.
        case ("2", "3"), ("3", "4"): return .content
        // Disabled, full.
        case ("2", _): return .recipient
        case ("6", _): return .content
        // Policy: unauthorised, spam, SPF, DKIM, DMARC.
        case ("7", _): return .blocked
        default: return nil
        }
    }
}
