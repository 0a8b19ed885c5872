import ChannelSDK

/// What an application asked to be mailed: subject and body of the request, and the options `html`, `from`, `reply_to`,
/// `unsubscribe_url` and `unsubscribe`. Options of other names are not looked at: a request may be meant for a route of several
/// channels.
struct EmailContent: Sendable, Hashable {
    let recipient: EmailAddress
    let from: Mailbox
    let replyTo: Mailbox?
    let subject: String
    /// Nil when there is only HTML.
    let text: String?
    let html: String?
    let unsubscribeURL: String?
    let attachments: [MessageAttachment]

    /// - Parameters:
    ///   - from: the channel's sender; the option `from` outranks it.
    ///   - unsubscribe: where its recipient can, unless it says so itself.
    ///   - takesLinks: the provider fetches attachments from addresses.
    /// - Throws: what is wrong with the content, should it not have been checked before.
    init(
        _ content: MessageContent, from: Mailbox, unsubscribe: EmailUnsubscribe = .never, takesLinks: Bool = false
    ) throws(DeliveryFailure) {
        if let problem = Self.problems(in: content, unsubscribe: unsubscribe, takesLinks: takesLinks).first {
            throw DeliveryFailure(.content, code: "invalid_\(problem.field)", message: problem.message)
        }
        guard let recipient = EmailAddress(content.recipient) else {
            throw DeliveryFailure(.recipient, code: "invalid_to", message: EmailAddress.rule)
        }
        self.recipient = recipient
        self.from = content.options["from"].flatMap { Mailbox($0) } ?? from
        replyTo = content.options["reply_to"].flatMap { Mailbox($0) }
        subject = content.subject ?? ""
        text = content.body.isEmpty ? nil : content.body
        html = content.options["html"]
        unsubscribeURL = unsubscribe.url(for: recipient, content.options)
        attachments = content.attachments
    }

    /// Headers beyond the usual ones: `List-Unsubscribe`, with one click (RFC 8058) where it is an https address.
    var extraHeaders: [(name: String, value: String)] {
        guard let unsubscribeURL else { return [] }
        let header = (name: "List-Unsubscribe", value: "<\(unsubscribeURL)>")
        guard unsubscribeURL.hasPrefix("https://") else { return [header] }
        return [header, (name: "List-Unsubscribe-Post", value: "List-Unsubscribe=One-Click")]
    }

    static func problems(
        in content: MessageContent, unsubscribe: EmailUnsubscribe = .never, takesLinks: Bool = false
    ) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if EmailAddress(content.recipient) == nil { problems.append(.init(field: "to", message: EmailAddress.rule)) }
        problems += subjectProblems(content.subject)
        if content.body.isEmpty, content.options["html"]?.isEmpty ?? true {
            problems.append(.init(field: "body", message: "must not be empty, unless options.html is given"))
        }
        if !content.attachments.isEmpty {
            problems += attachmentProblems(content.attachments, takesLinks: takesLinks)
        }
        if let option = content.options["unsubscribe"] { problems += unsubscribe.problems(option) }
        return content.options.isEmpty ? problems : problems + optionProblems(content.options)
    }

    private static func subjectProblems(_ subject: String?) -> [FieldProblem] {
        guard let subject, !subject.isEmpty else {
            return [.init(field: "subject", message: "must not be empty")]
        }
        if !HeaderText.isSafe(subject) {
            return [.init(field: "subject", message: "must be one line without control characters")]
        }
        let count = subject.utf8.count
        return count <= 998 ? [] : [.init(field: "subject", message: "has \(count) bytes: at most 998 are allowed")]
    }

    private static func optionProblems(_ options: [String: String]) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if let html = options["html"], html.isEmpty {
            problems.append(.init(field: "options.html", message: "must not be empty: leave it out"))
        }
        for name in ["from", "reply_to"] {
            guard let text = options[name], Mailbox(text) == nil else { continue }
            problems.append(.init(field: "options.\(name)", message: Mailbox.rule))
        }
        if let url = options["unsubscribe_url"] { problems += unsubscribeProblems(url) }
        return problems
    }

    private static func unsubscribeProblems(_ url: String) -> [FieldProblem] {
        let field = "options.unsubscribe_url"
        if !isUnsubscribeURL(url) {
            return [.init(field: field, message: "must be an https address or a mailto: address")]
        }
        let count = url.utf8.count
        guard count > longestUnsubscribeURL else { return [] }
        return [.init(field: field, message: "has \(count) bytes: at most \(longestUnsubscribeURL) are allowed")]
    }

    /// It stands in one line, which can't be broken: of 998 bytes at most (RFC 5322), some of them the header's own.
    private static let longestUnsubscribeURL = 900

    /// Printable ASCII without what would end the header's `<…>`.
    private static func isUnsubscribeURL(_ url: String) -> Bool {
        guard let scheme = ["https://", "mailto:"].first(where: url.hasPrefix) else { return false }
        let rest = url.utf8.dropFirst(scheme.utf8.count)
        return !rest.isEmpty && rest.allSatisfy { (33...126).contains($0) && !"<>,\"".utf8.contains($0) }
    }
}
