internal import ChannelSDK

/// Follows one transaction through the lines that the server says. libcurl tells when the transaction begins; from then
/// on each reply is about the next of four commands, because there is one recipient.
struct MailDialogue {
    private var lines: [String] = []
    private var bytes = 0
    /// The server has said something before the transaction: the connection is new.
    private var hasGreeted = false
    private var hasBegun = false
    private var answered = 0
    private var isDecided = false
    /// Of the transaction, or of the session before it.
    private(set) var lastReply: SMTPReply?
    /// True once libcurl has the last byte: from then on the server may have the whole mail.
    var messageHandedOver = false

    mutating func begin() {
        hasBegun = true
        lines = []
    }

    /// A line as it came. False when the server says more than `limit` bytes.
    mutating func take(_ line: String, limit: Int) -> Bool {
        bytes += line.utf8.count
        guard bytes <= limit else { return false }
        guard SMTPReply.isReplyLine(line) else { return true }
        lines.append(line)
        guard !line.utf8.dropFirst(3).starts(with: "-".utf8) else { return true }
        if let reply = SMTPReply(stage: stage, lines: lines) { end(reply) }
        lines = []
        return true
    }

    private mutating func end(_ reply: SMTPReply) {
        // After a refusal libcurl says QUIT, and the server goodbye: that decides nothing.
        guard reply.code != 221, !isDecided else { return }
        lastReply = reply
        guard hasBegun else {
            hasGreeted = true
            return
        }
        answered += 1
        isDecided = reply.code >= 400 || reply.stage == .message
    }

    private var stage: SMTPReply.Stage {
        guard hasBegun else { return .session }
        return switch answered {
        case 0: .sender
        case 1: .recipient
        case 2: .data
        default: .message
        }
    }

    /// True when the transaction began on a kept connection, and ended at once: without a reply to its first command, or
    /// with the one that a server says when it closes a connection (421).
    var metGoodbye: Bool {
        guard hasBegun, !hasGreeted else { return false }
        guard let reply = lastReply else { return true }
        return reply.stage == .sender && reply.code == 421
    }

    /// The reply that decided about the mail; nil when none did, and what became of it is not known, or it never left.
    /// - Parameter isLoginDenied: libcurl says that the refusal is about user and password.
    func decision(isLoginDenied: Bool) -> SMTPReply? {
        guard let reply = lastReply else { return nil }
        if reply.stage == .message { return reply.code >= 400 || reply.isAcceptance ? reply : nil }
        guard !messageHandedOver, reply.code >= 400 else { return nil }
        guard isLoginDenied else { return reply }
        return SMTPReply(
            stage: .authentication, code: reply.code, enhancedStatus: reply.enhancedStatus, text: reply.text)
    }
}
