import ChannelSDK

/// What Meta takes as the content of a message, by the options `media_url`, `media_type`, `media_filename`,
/// `template_name`, `template_language` and `template_variables`.
enum MetaContent {
    private static let rules = WhatsAppContentRules(
        templateOption: "template_name", longestText: 4096, longestCaption: 1024)

    @Sendable static func problems(in content: MessageContent) -> [FieldProblem] {
        WhatsAppAttachment.problems(in: content, contentProblems)
    }

    private static func contentProblems(_ content: MessageContent) -> [FieldProblem] {
        let problems = rules.problems(in: content)
        let options = content.options
        if options.isEmpty { return problems }
        return problems + mediaProblems(content) + templateProblems(options)
    }

    private static func mediaProblems(_ content: MessageContent) -> [FieldProblem] {
        guard let url = content.options["media_url"], WhatsAppContentRules.isWebURL(url) else { return [] }
        let types = MetaMedia.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        let kind: MetaMedia.Kind
        if let type = content.options["media_type"] {
            guard let named = MetaMedia.Kind(rawValue: type) else {
                return [FieldProblem(field: "options.media_type", message: "must be one of \(types)")]
            }
            kind = named
        } else {
            guard let guessed = MetaMedia.Kind(url: url) else {
                let message = "is needed, because options.media_url does not tell it by its ending: one of \(types)"
                return [FieldProblem(field: "options.media_type", message: message)]
            }
            kind = guessed
        }
        guard content.options["template_name"] == nil else { return headerProblems(kind) }
        guard !kind.hasCaption, !content.body.isEmpty else { return [] }
        return [FieldProblem(field: "body", message: "must be empty: \(kind.rawValue) carries no text")]
    }

    private static func headerProblems(_ kind: MetaMedia.Kind) -> [FieldProblem] {
        if kind == .image || kind == .video || kind == .document { return [] }
        let message = "of '\(kind.rawValue)' can't be a template's header: that takes image, video or document"
        return [FieldProblem(field: "options.media_type", message: message)]
    }

    private static func templateProblems(_ options: [String: String]) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if let name = options["template_name"], !MetaTemplate.isName(name) {
            problems.append(FieldProblem(field: "options.template_name", message: MetaTemplate.nameRule))
        }
        if let language = options["template_language"], !MetaTemplate.isLanguage(language) {
            problems.append(FieldProblem(field: "options.template_language", message: MetaTemplate.languageRule))
        }
        if let variables = options["template_variables"] {
            problems += variableProblems(variables, hasTemplate: options["template_name"] != nil)
        }
        return problems
    }

    private static func variableProblems(_ variables: String, hasTemplate: Bool) -> [FieldProblem] {
        let field = "options.template_variables"
        guard hasTemplate else {
            return [FieldProblem(field: field, message: "is for a template: give options.template_name too")]
        }
        do throws(MetaTemplateVariables.Problem) {
            _ = try MetaTemplateVariables(variables)
            return []
        } catch {
            return [FieldProblem(field: field, message: error.message)]
        }
    }
}
