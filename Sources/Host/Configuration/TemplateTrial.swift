import ChannelSDK
import ConfigurationFile
import Pipeline
import Templates

/// Fills every template with its variables' examples and has the channels validate what comes of it: a template that a
/// channel would never take is found before a request names it.
struct TemplateTrial {
    let catalog: TemplateCatalog
    let channels: [String: NotificationPipeline.ChannelEntry]

    func diagnostics(_ loaded: LoadedConfiguration) -> [Diagnostic] {
        let names = channels.keys.sorted()
        return catalog.templates.values.sorted { $0.name < $1.name }.flatMap { template in
            template.contents.keys.sorted { $0.description < $1.description }.flatMap { language in
                names.flatMap { diagnostics(template, language, channel: $0, loaded) }
            }
        }
    }

    private func diagnostics(
        _ template: MessageTemplate, _ language: LanguageTag, channel name: String, _ loaded: LoadedConfiguration
    ) -> [Diagnostic] {
        guard let entry = channels[name], case let module = entry.module,
            template.contents[language]?[module] != nil
        else { return [] }
        return problems(template, language, module, entry.channel).compactMap { problem in
            loaded.diagnostic(
                "channel '\(name)' refuses it, filled in with the examples: \(problem.field) \(problem.message)",
                template: template.name, language: language, module: module)
        }
    }

    private func problems(
        _ template: MessageTemplate, _ language: LanguageTag, _ module: String, _ channel: any RunningChannel
    ) -> [FieldProblem] {
        do throws(TemplateProblems) {
            let content = try catalog.use(
                template: template.name, locale: language.description, variables: template.examples
            ).content(for: module)
            let message = MessageContent(
                recipient: "", body: content.body, subject: content.subject, options: content.options)
            // Whom it goes to is no matter of the template's.
            return channel.validate(message).filter { $0.field != "to" }
        } catch {
            return error.problems
        }
    }
}
