import ChannelSDK

/// What Twilio takes as the content of a message: text, media, or one of its content templates by the options
/// `content_sid` and `content_variables`.
enum TwilioContent {
    private static let rules = SMSContentRules(
        longestBody: 1600, mostMedia: 10, bodySubstitutes: ["media_url", "content_sid"])

    static func problems(in content: MessageContent) -> [FieldProblem] {
        rules.problems(in: content) + (content.options.isEmpty ? [] : templateProblems(content.options))
    }

    private static func templateProblems(_ options: [String: String]) -> [FieldProblem] {
        var problems: [FieldProblem] = []
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
