import ChannelSDK
import ChannelTesting
import FoundationEssentials
import Testing

@testable import ChannelEmail

/// What providers' events say about who wants no more mail.
@Suite struct OptOutReportTests {
    private static let at = Timestamp(seconds: 1_767_323_045)

    private static func out(
        _ reason: OptOutReport.Reason, _ isOptedOut: Bool = true, _ recipient: String = "b@y.example"
    ) -> OptOutReport {
        OptOutReport(.recipient(recipient), isOptedOut: isOptedOut, reason: reason, occurredAt: at)
    }

    private static func sendGrid(_ word: String) -> String {
        #"[{"email":"b@y.example","timestamp":1767323045,"event":"\#(word)","sg_message_id":"abc.1"}]"#
    }

    private static func mailgun(_ word: String) -> String {
        #"{"event-data":{"event":"\#(word)","severity":"permanent","timestamp":1767323045,"recipient":"b@y.example","#
            + #""message":{"headers":{"message-id":"m"}}}}"#
    }

    private static func postmark(_ word: String, _ more: String) -> String {
        let (address, time) = word == "SubscriptionChange" ? ("Recipient", "ChangedAt") : ("Email", "BouncedAt")
        return #"{"RecordType":"\#(word)","MessageID":"m","\#(address)":"b@y.example","#
            + #""\#(time)":"2026-01-02T03:04:05Z"\#(more)}"#
    }

    private static func change(_ isSuppressed: Bool, _ reason: String, by origin: String) -> String {
        postmark(
            "SubscriptionChange",
            #","SuppressSending":\#(isSuppressed),"SuppressionReason":\#(reason),"Origin":"\#(origin)""#)
    }

    private static func resend(_ word: String, _ data: String) -> String {
        #"{"type":"\#(word)","created_at":"2026-01-02T03:04:05.000Z","data":{\#(data)}}"#
    }

    private static func ses(_ word: String, _ part: String) -> String {
        let event = #"{"eventType":"\#(word)","mail":{"messageId":"m","destination":["b@y.example"]},\#(part)}"#
        let envelope: JSONValue = ["Type": "Notification", "Message": .string(event)]
        return String(decoding: envelope.bytes, as: UTF8.self)
    }

    private static func complaint(_ more: String) -> String {
        ses(
            "Complaint",
            #""complaint":{"complainedRecipients":[{"emailAddress":"b@y.example"}],"#
                + #""timestamp":"2026-01-02T03:04:05Z"\#(more)}"#)
    }

    private static func subscription(new: Bool, old: Bool) -> String {
        ses(
            "Subscription",
            #""subscription":{"timestamp":"2026-01-02T03:04:05Z","newTopicPreferences":{"unsubscribeAll":\#(new)},"#
                + #""oldTopicPreferences":{"unsubscribeAll":\#(old)}}"#)
    }

    private static let table: [(provider: String, name: String, body: String, says: [OptOutReport])] = [
        ("sendgrid", "spamreport", sendGrid("spamreport"), [out(.complaint)]),
        ("sendgrid", "unsubscribe", sendGrid("unsubscribe"), [out(.unsubscribe)]),
        ("sendgrid", "group_unsubscribe", sendGrid("group_unsubscribe"), [out(.unsubscribe)]),
        ("sendgrid", "group_resubscribe", sendGrid("group_resubscribe"), [out(.unsubscribe, false)]),
        ("sendgrid", "bounce", sendGrid("bounce"), []), ("sendgrid", "dropped", sendGrid("dropped"), []),
        ("mailgun", "complained", mailgun("complained"), [out(.complaint)]),
        ("mailgun", "unsubscribed", mailgun("unsubscribed"), [out(.unsubscribe)]),
        ("mailgun", "failed", mailgun("failed"), []),
        ("postmark", "complaint", postmark("SpamComplaint", #","Type":"SpamComplaint""#), [out(.complaint)]),
        ("postmark", "complaint as a bounce", postmark("Bounce", #","Type":"SpamComplaint""#), [out(.complaint)]),
        ("postmark", "unsubscribing mail", postmark("Bounce", #","Type":"Unsubscribe""#), [out(.unsubscribe)]),
        ("postmark", "a bounce", postmark("Bounce", #","Type":"HardBounce""#), []),
        ("postmark", "gone", change(true, #""ManualSuppression""#, by: "Recipient"), [out(.unsubscribe)]),
        ("postmark", "gone, complaining", change(true, #""SpamComplaint""#, by: "Recipient"), [out(.complaint)]),
        ("postmark", "bounced", change(true, #""HardBounce""#, by: "Recipient"), []),
        ("postmark", "taken out by the owner", change(true, #""ManualSuppression""#, by: "Customer"), []),
        ("postmark", "back", change(false, "null", by: "Recipient"), [out(.unsubscribe, false)]),
        ("postmark", "put back by the owner", change(false, "null", by: "Customer"), []),
        (
            "resend", "complained", resend("email.complained", #""email_id":"e","to":["b@y.example"]"#),
            [out(.complaint)]
        ),
        ("resend", "bounced", resend("email.bounced", #""email_id":"e","to":["b@y.example"]"#), []),
        (
            "resend", "unsubscribed", resend("contact.updated", #""email":"b@y.example","unsubscribed":true"#),
            [out(.unsubscribe)]
        ),
        ("resend", "another name", resend("contact.updated", #""email":"b@y.example","unsubscribed":false"#), []),
        ("ses", "complaint", complaint(#","complaintFeedbackType":"abuse""#), [out(.complaint)]),
        ("ses", "complaint of no type", complaint(""), [out(.complaint)]),
        ("ses", "no complaint", complaint(#","complaintFeedbackType":"not-spam""#), []),
        ("ses", "suppressed", complaint(#","complaintSubType":"OnAccountSuppressionList""#), []),
        ("ses", "unsubscribed", subscription(new: true, old: false), [out(.unsubscribe)]),
        ("ses", "subscribed", subscription(new: false, old: true), [out(.unsubscribe, false)]),
        ("ses", "another topic", subscription(new: false, old: false), []),
        ("ses", "bounce", ses("Bounce", #""bounce":{"bouncedRecipients":[{"emailAddress":"b@y.example"}]}"#), []),
    ]

    @Test(arguments: table.indices)
    func events(_ index: Int) throws {
        let (provider, name, body, says) = Self.table[index]
        let parser = try Accounts.kit(provider).channel.webhooks
        #expect(try parser.parse(Accounts.webhook(body)).optOuts == says, "\(provider), \(name)")
    }

    // MARK: The abuse reporting format

    private static func feedback(_ type: String, date: String = "Fri, 02 Jan 2026 04:04:05 +0100") throws -> String {
        let delivery = try Accounts.kit("smtp").delivery
        return """
            From: staff@isp.example
            To: bounces+\(delivery)@bounces.acme.example
            Date: \(date)
            Subject: FW: Hello
            Content-Type: multipart/report; report-type=feedback-report;
             boundary="limit"

            --limit
            Content-Type: text/plain

            This is an email abuse report.
            --limit
            Content-Type: message/feedback-report

            Feedback-Type: \(type)
            User-Agent: SomeGenerator/1.0
            Version: 1
            Original-Rcpt-To: <victim@elsewhere.example>

            --limit
            Content-Type: message/rfc822

            Message-ID: <\(delivery)@acme.example>
            To: <redacted>

            Hi
            --limit--

            """
    }

    @Test(
        arguments: [
            ("abuse", .status("complained"), .complaint),
            ("Fraud", .status("complained"), .complaint), ("opt-out", .engagement("unsubscribe"), .unsubscribe),
            ("not-spam", .engagement("not_spam"), nil), ("auth-failure", .unknown("feedback auth-failure"), nil),
        ] as [(String, StatusReport.Kind, OptOutReport.Reason?)])
    func complaintsByMail(type: String, kind: StatusReport.Kind, reason: OptOutReport.Reason?) throws {
        let kit = try Accounts.kit("smtp")
        let mail = try Self.feedback(type)
        let request = Accounts.webhook(mail, headers: ["Content-Type": "message/rfc822"])
        // Whoever stands in the report as its recipient is not believed.
        let expected = WebhookContents(
            reports: [
                StatusReport(
                    delivery: kit.delivery, kind: kind, occurredAt: Self.at, code: type.lowercased(),
                    detail: "reported by SomeGenerator/1.0")
            ],
            optOuts: reason.map { [OptOutReport(.recipientOf(kit.delivery), reason: $0, occurredAt: Self.at)] } ?? [])
        #expect(try kit.channel.webhooks.parse(request) == expected)
        // To the address that is registered with the feedback loop: the returned mail names the delivery.
        let forwarded = mail.replacing("bounces+\(kit.delivery)@bounces", with: "abuse@www")
        let again = Accounts.webhook(forwarded, headers: ["Content-Type": "message/rfc822"])
        #expect(try kit.channel.webhooks.parse(again) == expected)
        let nobodys = Accounts.webhook(
            forwarded.replacing("\(kit.delivery)", with: "x"), headers: ["Content-Type": "message/rfc822"])
        #expect(throws: WebhookRefusal.self) { try kit.channel.webhooks.parse(nobodys) }
        for length in stride(from: 0, to: mail.utf8.count, by: 7) {
            _ = try? kit.channel.webhooks.parse(Accounts.webhook(String(mail.prefix(length))))
        }
    }

    @Test(
        arguments: [
            ("Fri, 02 Jan 2026 03:04:05 +0000", 1_767_323_045), ("2 Jan 2026 03:04:05 -0100", 1_767_326_645),
            ("Fri, 2 Jan 2026 03:04 GMT", 1_767_323_040), ("Fri, 32 Jan 2026 03:04:05 +0000", nil), ("today", nil),
            ("", nil), ("1 2 3 4 5", nil), ("Fri, 02 Jan 99999999999999999999 03:04:05 +0000", nil),
        ] as [(String, Int64?)])
    func datesOfMails(text: String, seconds: Int64?) {
        #expect(Timestamp(rfc5322: text) == seconds.map { Timestamp(seconds: $0) })
    }
}
