import ChannelSDK

/// What every provider of text messages asks of their content: recipient, body, and the options `from` and `media_url`.
/// Options of other names are not looked at: a request may be meant for a route of several channels.
struct SMSContentRules: Sendable {
    /// In characters, as the provider counts them before it cuts the text into segments.
    let longestBody: Int
    /// 0 for a provider that sends text only.
    let mostMedia: Int
    /// Options that can stand for the body.
    let bodySubstitutes: [String]

    func problems(in content: MessageContent) -> [FieldProblem] {
        recipientProblems(content.recipient) + bodyProblems(content) + optionProblems(content.options)
            + attachmentProblems(content)
    }

    private func attachmentProblems(_ content: MessageContent) -> [FieldProblem] {
        if content.attachments.isEmpty { return [] }
        let remedy = mostMedia > 0 ? "give addresses of pictures as options.media_url" : "put a link into the body"
        return [FieldProblem(field: "attachments", message: "can't be sent by SMS: \(remedy)")]
    }

    private func recipientProblems(_ recipient: String) -> [FieldProblem] {
        if PhoneNumber.isE164(recipient) { return [] }
        return [
            FieldProblem(
                field: "to", message: "must be a phone number in international form, '+' and digits, e.g. +15551230001")
        ]
    }

    private func bodyProblems(_ content: MessageContent) -> [FieldProblem] {
        let body = content.body
        if body.isEmpty && !bodySubstitutes.contains(where: { content.options[$0] != nil }) {
            let names = bodySubstitutes.map { "options.\($0)" }.joined(separator: " or ")
            let exception = names.isEmpty ? "" : ", unless \(names) is given"
            return [FieldProblem(field: "body", message: "must not be empty" + exception)]
        }
        // Characters are never more than bytes: counting them is for long texts only.
        if body.utf8.count > longestBody, case let count = body.unicodeScalars.count, count > longestBody {
            return [
                FieldProblem(field: "body", message: "has \(count) characters: at most \(longestBody) are allowed")
            ]
        }
        return []
    }

    private func optionProblems(_ options: [String: String]) -> [FieldProblem] {
        if options.isEmpty { return [] }
        var problems: [FieldProblem] = []
        if let from = options["from"], !PhoneNumber.isSender(from) {
            problems.append(
                FieldProblem(
                    field: "options.from",
                    message: "must be a phone number such as +15551230001, a short code, or a name of up to 11 letters")
            )
        }
        if let urls = options["media_url"] { problems += mediaProblems(urls) }
        return problems
    }

    private func mediaProblems(_ urls: String) -> [FieldProblem] {
        guard mostMedia > 0 else {
            return [FieldProblem(field: "options.media_url", message: "cannot be sent: this provider sends text only")]
        }
        let urls = Self.mediaURLs(urls)
        if urls.isEmpty || urls.count > mostMedia {
            return [
                FieldProblem(
                    field: "options.media_url", message: "must hold 1 to \(mostMedia) URLs, separated by spaces")
            ]
        }
        return urls.filter { !Self.isWebURL($0) }.map {
            FieldProblem(field: "options.media_url", message: "'\($0)' is not an http or https URL")
        }
    }

    static func mediaURLs(_ option: String) -> [String] {
        option.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private static func isWebURL(_ text: String) -> Bool {
        for scheme in ["https://", "http://"] where text.utf8.starts(with: scheme.utf8) {
            return text.utf8.count > scheme.utf8.count
        }
        return false
    }
}
