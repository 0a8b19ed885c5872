internal import ChannelDeclared
internal import ChannelSDK
internal import YAMLDocument

/// One entry of `modules:`: a channel module for a provider with a plain HTTP API, declared in the file itself.
struct DeclaredModule {
    let module: ChannelModule
    /// Of channels that have none of their own.
    let rateLimits: [RateLimit]

    static func all(in section: inout Section, besides modules: [ChannelDescriptor]) -> [DeclaredModule] {
        let check = section.check
        let node = section.node(
            "modules", "a mapping from names to declarations", .none,
            "Channel modules for providers with a plain HTTP API, by name (docs/declared-channels.md).")
        if check.reference != nil {
            var one = Section(path: "modules.NAME", position: section.position, entries: [], check: check)
            _ = DeclaredModule("NAME", &one)
        }
        guard let node else { return [] }
        return check.named(node, path: "modules", what: "module") { name, entry, path in
            let isTaken = modules.contains { $0.name == name }
            if isTaken {
                check.error("the host has a module '\(name)' already; choose another name", at: entry.keyStart)
            }
            check.refuseReferences(in: entry.value)
            guard let entries = check.entries(of: entry.value, path: path) else { return nil }
            var inner = Section(path: path, position: entry.keyStart, entries: entries, check: check)
            let module = DeclaredModule(name, &inner)
            inner.finish()
            return isTaken ? nil : module
        }
    }

    /// What is missing or wrong is reported, and something else in its place: then the file is refused as a whole.
    private init(_ name: String, _ section: inout Section) {
        let summary = section.required("summary", .text, "What it is: one sentence.")
        let settings = DeclaredSettings.all(in: &section)
        let templates = TemplateReader(check: section.check, settings: settings)
        let shared = TemplateReader(check: section.check, settings: settings, isShared: section.has("batch"))
        let message = section.section("message", "What a message must be before it is accepted.") {
            MessageRules(&$0)
        }
        let request = section.section("request", "The request that submits one message.") {
            RequestReader(templates: shared, message: message).request(in: &$0)
        }
        let batch = section.optionalSection(
            "batch", "Several messages in one request; without it, each has a request of its own."
        ) {
            BatchReader(templates: templates, request: request).rules(in: &$0)
        }
        let statuses = StatusesReader(&section)
        let answer = section.section("answer", "How the provider's answer is read.") {
            AnswerRules(&$0, statuses: statuses.names, batch: batch)
        }
        let webhook = section.optionalSection(
            "webhook", "How the provider's reports are read; without it, it has none."
        ) {
            WebhookReader(
                settings: settings, statuses: statuses.names,
                answerID: batch.map { ($0.id != nil, "batch") } ?? (answer.id != nil, "answer")
            ).rules(in: &$0)
        }
        rateLimits =
            section.list("rate_limit", .rate, "Sends per time of each channel that has no 'rate_limit' of its own.")
            ?? []
        statuses.warnOfOpenEnd(after: answer, hasWebhook: section.has("webhook"), in: section)
        module =
            ChannelDeclaration(
                name: name, summary: summary ?? "", settings: settings, message: message,
                request: request ?? RequestTemplate(url: .nothing), batch: batch, answer: answer,
                statuses: statuses.graph, webhook: webhook
            ).module
    }
}

extension TextTemplate {
    /// In the place of one that is wrong.
    static var nothing: TextTemplate {
        // A text without a placeholder has no flaw.
        (try? TextTemplate("")) ?? { preconditionFailure("an empty template is refused") }()
    }
}

extension Template.Piece {
    fileprivate var isReference: Bool {
        if case .literal = self { false } else { true }
    }
}

extension FileCheck {
    /// A declaration is the same for everybody who uses it, so what differs, and what is secret, are settings.
    func refuseReferences(in node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar):
            let pieces = (try? Template(scalar.text))?.pieces ?? []
            guard let reference = pieces.first(where: { $0.piece.isReference }) else { return }
            error(
                "a declaration has no ${…}: declare a setting, name it here, "
                    + "and give its value under the channel's 'settings'",
                atOccurrence: reference.dollar, of: "$", in: node)
        case .sequence(let items):
            for item in items { refuseReferences(in: item) }
        case .mapping(let entries):
            for entry in entries { refuseReferences(in: entry.value) }
        }
    }
}
