import ChannelSDK

/// What Twilio takes as the content of a WhatsApp message: text, one medium, or one of its content templates by the
/// options `content_sid` and `content_variables`. The option `from` chooses another sender of the account's.
enum TwilioContent {
    private static let rules = WhatsAppContentRules(
        templateOption: "content_sid", longestText: 1600, longestCaption: 1600)

    @Sendable static func problems(in content: MessageContent) -> [FieldProblem] {
        if !content.attachments.isEmpty, content.options["content_sid"] != nil {
            let message = "can't go with a template: Twilio's templates have their own media"
            return contentProblems(content) + [FieldProblem(field: "attachments", message: message)]
        }
        return WhatsAppAttachment.problems(in: content, contentProblems)
    }

    private static func contentProblems(_ content: MessageContent) -> [FieldProblem] {
        rules.problems(in: content) + (content.options.isEmpty ? [] : optionProblems(content.options))
    }

    private static func optionProblems(_ options: [String: String]) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if let from = options["from"], !PhoneNumber.isE164(from) {
            problems.append(
                FieldProblem(field: "options.from", message: "must be a phone number such as +15551230000"))
        }
        if let sid = options["content_sid"], !TwilioSID.isValid(sid, prefix: "HX") {
            problems.append(FieldProblem(field: "options.content_sid", message: TwilioSID.rule(prefix: "HX")))
        }
        if let variables = options["content_variables"] {
            problems += variableProblems(variables, hasTemplate: options["content_sid"] != nil)
        }
        return problems
    }

    private static func variableProblems(_ variables: String, hasTemplate: Bool) -> [FieldProblem] {
        let field = "options.content_variables"
        guard hasTemplate else {
            return [FieldProblem(field: field, message: "is for a template: give options.content_sid too")]
        }
        guard UntrustedJSON.decode([String: String].self, from: variables.utf8) != nil else {
            return [FieldProblem(field: field, message: #"must be a JSON object of strings, e.g. {"1": "Ada"}"#)]
        }
        return []
    }
}
