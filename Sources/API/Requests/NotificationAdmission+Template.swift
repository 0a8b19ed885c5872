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

    /// The texts for every step, of which the first is validated, as it is for a request with a body; nil when something
    /// is wrong, which is added to `problems`.
    mutating func payload(
        _ draft: NotificationDraft, _ use: TemplateUse, _ steps: [String], _ problems: inout [FieldProblem]
    ) -> AcceptedNotification.Payload? {
        guard let template = draft.template, let first = steps.first,
            let contents = contents(draft, use, steps, &problems), let content = contents[first]
        else { return nil }
        problems += validate(content, by: first) { draft.attribute($0, to: template) }
        let payload = AcceptedNotification.Payload(
            content: content, contents: contents.filter { $0.value != content }, metadata: draft.metadata,
            window: draft.window,
            request: RequestFingerprint(
                template: template.name ?? "", locale: template.locale, variables: template.variables,
                content: draft.content, metadata: draft.metadata, window: draft.window))
        textRoom -= payload.bytes.count - content.attachments.reduce(0) { $0 + ($1.bytes?.count ?? 0) }
        if textRoom < 0 {
            problems.append(
                .init(
                    field: "template", message: "the texts of this batch are too large together: send fewer at a time"))
        }
        return payload
    }

    private func contents(
        _ draft: NotificationDraft, _ use: TemplateUse, _ steps: [String], _ problems: inout [FieldProblem]
    ) -> [String: MessageContent]? {
        var byModule: [String: MessageContent] = [:]
        var contents: [String: MessageContent] = [:]
        for step in steps {
            let module = channels[step]?.module ?? ""
            if byModule[module] == nil {
                do throws(TemplateProblems) {
                    byModule[module] = draft.content.filled(with: try use.content(for: module))
                } catch {
                    problems += error.problems
                    return nil
                }
            }
            contents[step] = byModule[module]
        }
        return contents
    }
}

extension NotificationDraft {
    /// What a channel finds wrong, at the field that the request has: its own, or the template that gave the part.
    fileprivate func attribute(_ problem: FieldProblem, to template: TemplateDraft) -> FieldProblem {
        let option = problem.field.hasPrefix("options.") ? problem.field.dropFirst("options.".count) : ""
        let isOwn = problem.field == "to" || problem.field.hasPrefix("attachments")
        if isOwn || content.options[String(option)] != nil { return problem }
        return FieldProblem(
            field: "template", message: "'\(template.name ?? "")', filled in: \(problem.field) \(problem.message)")
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
