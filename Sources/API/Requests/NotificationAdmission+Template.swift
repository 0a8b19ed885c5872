import ChannelSDK
import Pipeline
import Templates

/// Requests that name a template: its texts are made here, once, before the request is accepted. What is accepted does
/// not change when the template does.
extension NotificationAdmission {
    /// The template with the request's variables; nil when something is wrong, which is added to `problems`.
    func use(
        _ template: TemplateDraft, in draft: NotificationDraft, _ problems: inout [FieldProblem]
    ) -> TemplateUse? {
        if draft.hasBody {
            problems.append(.init(field: "body", message: "stands beside 'template': give one of them"))
        }
        if draft.content.subject != nil {
            problems.append(.init(field: "subject", message: "comes from the template: leave it out"))
        }
        guard let name = template.name else {
            // A name that was given and is wrong is among the problems already.
            if !problems.contains(where: { $0.field == "template" }) {
                problems.append(.init(field: "template", message: "is required beside 'locale' and 'variables'"))
            }
            return nil
        }
        let catalog = templates ?? .empty
        do throws(TemplateProblems) {
            return try catalog.use(template: name, locale: template.locale, variables: template.variables)
        } catch {
            problems += error.problems
            return nil
        }
    }

    /// The texts for every step, of which the first is validated, as it is for a request with a body.
    func payload(
        _ draft: NotificationDraft, _ use: TemplateUse, _ steps: [String], _ problems: inout [FieldProblem]
    ) -> AcceptedNotification.Payload? {
        var byModule: [String: MessageContent] = [:]
        var contents: [String: MessageContent] = [:]
        for step in steps {
            let module = channels[step]?.module ?? ""
            do throws(TemplateProblems) {
                let content = try byModule[module] ?? draft.content.filled(with: use.content(for: module))
                byModule[module] = content
                contents[step] = content
            } catch {
                problems += error.problems
                return nil
            }
        }
        guard let first = steps.first, let content = contents[first], let template = draft.template else { return nil }
        problems += (channels[first]?.validate(content) ?? []).map { problem in
            draft.wrote(problem.field)
                ? problem
                : FieldProblem(
                    field: "template",
                    message: "'\(template.name ?? "")', filled in: \(problem.field) \(problem.message)")
        }
        let request = RequestFingerprint(
            template: template.name ?? "", locale: template.locale, variables: template.variables,
            content: draft.content, metadata: draft.metadata)
        return .init(
            content: content, contents: contents.filter { $0.value != content }, metadata: draft.metadata,
            request: request)
    }
}

extension NotificationDraft {
    /// True for what a templated request says by itself.
    fileprivate func wrote(_ field: String) -> Bool {
        if field == "to" { return true }
        let option = field.split(separator: ".", maxSplits: 1)
        return option.count == 2 && option[0] == "options" && content.options[String(option[1])] != nil
    }
}

extension MessageContent {
    /// The template's texts; an option that the request gives by itself stays.
    fileprivate func filled(with rendered: RenderedContent) -> MessageContent {
        var content = self
        content.subject = rendered.subject
        content.body = rendered.body
        content.options.merge(rendered.options) { own, _ in own }
        return content
    }
}
