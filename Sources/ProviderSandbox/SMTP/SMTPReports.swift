import NIOCore

/// Posts delivery status notifications (RFC 3464) and complaints (RFC 5965) about one mail, each a whole mail.
final class SMTPReports: CallbackSource {
    let url: CallbackURL
    private let id: String
    private let mail: SMTPSession.Mail
    private let token: String?
    private let life: MessageLife
    private let times = ReportTimes()

    init(about mail: SMTPSession.Mail, as submission: Submission, to url: CallbackURL, token: String?) {
        self.url = url
        self.token = token
        self.mail = mail
        id = submission.sid
        life = submission.life
    }

    func writeRequest(step: Int, into buffer: inout ByteBuffer) {
        let (status, time) = (life.steps[step].status, CivilTime(milliseconds: times.of(step)).rfc2822)
        let text = SMTPStatus(rawValue: status) == .complained ? complaint(at: time) : notification(status, at: time)
        var headers: [(StaticString, String)] = [
            ("User-Agent", "provider-sandbox"), ("Content-Type", "message/rfc822"),
        ]
        if let token { headers.append(("Authorization", "Bearer \(token)")) }
        buffer.writeRequest(to: url, headers: headers, body: ByteBuffer(string: text.replacing("\n", with: "\r\n")))
    }

    private func notification(_ status: String, at time: String) -> String {
        let (code, words) = Self.code(SMTPStatus(rawValue: status))
        let boundary = "report-\(id)"
        return """
            From: Mail Delivery System <MAILER-DAEMON@sandbox.example>
            To: \(mail.sender)
            Date: \(time)
            Subject: Delivery Status Notification (\(status))
            MIME-Version: 1.0
            Auto-Submitted: auto-replied
            Content-Type: multipart/report; report-type=delivery-status; boundary="\(boundary)"

            --\(boundary)
            Content-Type: text/plain; charset=utf-8

            \(words)
            --\(boundary)
            Content-Type: message/delivery-status

            Reporting-MTA: dns; sandbox.example
            X-Queue-ID: \(id)
            Arrival-Date: \(time)

            Final-Recipient: rfc822; \(mail.recipient)
            Action: \(status == "expired" ? "failed" : status)
            Status: \(code)
            Diagnostic-Code: smtp; \(words)

            --\(boundary)
            Content-Type: text/rfc822-headers

            \(originalHeaders)
            --\(boundary)--

            """
    }

    private var originalHeaders: String {
        let end = mail.content.firstRange(of: "\r\n\r\n")?.lowerBound ?? mail.content.endIndex
        return String(mail.content[..<end].replacing("\r\n", with: "\n"))
    }

    /// As a mailbox provider's feedback loop sends it: it blots out who complained.
    private func complaint(at time: String) -> String {
        """
        From: Feedback Loop <fbl@sandbox.example>
        To: \(mail.sender)
        Date: \(time)
        Subject: FW: a complaint
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=feedback-report; boundary="complaint-\(id)"

        --complaint-\(id)
        Content-Type: text/plain; charset=utf-8

        Somebody called this mail spam.
        --complaint-\(id)
        Content-Type: message/feedback-report

        Feedback-Type: abuse
        User-Agent: provider-sandbox/1
        Version: 1
        Original-Rcpt-To: <redacted@\(mail.recipient.split(separator: "@").last ?? "")>
        Arrival-Date: \(time)

        --complaint-\(id)
        Content-Type: text/rfc822-headers

        \(originalHeaders)
        --complaint-\(id)--

        """
    }

    private static func code(_ status: SMTPStatus?) -> (code: String, words: String) {
        switch status {
        case .accepted, .relayed, .delivered, .complained, nil: ("2.0.0", "250 2.0.0 Ok")
        case .deferred: ("4.7.1", "451 4.7.1 try again later")
        case .dropped: ("4.4.7", "delivery time expired")
        case .bounced: ("5.1.1", "550 5.1.1 user unknown")
        }
    }
}
