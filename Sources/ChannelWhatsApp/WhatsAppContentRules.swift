import ChannelSDK

/// What every provider of WhatsApp asks of a message's recipient, its text, and the options `media_url` and
/// `media_type`. Options of other names are not looked at: a request may be meant for a route of several channels.
struct WhatsAppContentRules: Sendable {
    /// The option that names a template. The template is sent in place of body and media then, so the body may be
    /// absent, or be meant for another channel of the route.
    let templateOption: String
    /// In characters.
    let longestText: Int
    /// Of the text beside media, in characters.
    let longestCaption: Int

    func problems(in content: MessageContent) -> [FieldProblem] {
        recipientProblems(content.recipient) + bodyProblems(content) + mediaProblems(content.options)
    }

    private func recipientProblems(_ recipient: String) -> [FieldProblem] {
        if PhoneNumber.isE164(recipient) { return [] }
        return [
            FieldProblem(
                field: "to", message: "must be a phone number in international form, '+' and digits, e.g. +15551230001")
        ]
    }

    private func bodyProblems(_ content: MessageContent) -> [FieldProblem] {
        if content.options[templateOption] != nil { return [] }
        let hasMedia = content.options["media_url"] != nil
        let body = content.body
        if body.isEmpty && !hasMedia {
            let message = "must not be empty, unless options.media_url or options.\(templateOption) is given"
            return [FieldProblem(field: "body", message: message)]
        }
        let longest = hasMedia ? longestCaption : longestText
        // Characters are never more than bytes: counting them is for long texts only.
        if body.utf8.count > longest, case let count = body.unicodeScalars.count, count > longest {
            let kind = hasMedia ? " beside media" : ""
            return [
                FieldProblem(
                    field: "body", message: "has \(count) characters: at most \(longest) are allowed\(kind)")
            ]
        }
        return []
    }

    private func mediaProblems(_ options: [String: String]) -> [FieldProblem] {
        guard let url = options["media_url"], !Self.isWebURL(url) else { return [] }
        return [
            FieldProblem(
                field: "options.media_url", message: "must be one http or https URL: a message carries one medium")
        ]
    }

    static func isWebURL(_ text: String) -> Bool {
        guard !text.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else { return false }
        for scheme in ["https://", "http://"] where text.utf8.starts(with: scheme.utf8) {
            return text.utf8.count > scheme.utf8.count
        }
        return false
    }
}
