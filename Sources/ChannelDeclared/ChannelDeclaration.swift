public import ChannelSDK

/// A channel module in words: all that channels.yaml says about a provider with a plain HTTP API.
public struct ChannelDeclaration: Sendable {
    public var name: String
    public var summary: String
    public var settings: [Setting]
    public var message: MessageRules
    public var request: RequestTemplate
    /// Nil: one request for each message.
    public var batch: BatchRules?
    public var answer: AnswerRules
    /// Its version is the declaration's own: see ``GraphVersion``.
    public var statuses: StatusGraph
    /// Nil: the provider reports nothing.
    public var webhook: WebhookRules?

    public init(
        name: String, summary: String, settings: [Setting], message: MessageRules, request: RequestTemplate,
        batch: BatchRules? = nil, answer: AnswerRules, statuses: StatusGraph, webhook: WebhookRules?
    ) {
        self.name = name
        self.summary = summary
        self.settings = settings
        self.message = message
        self.request = request
        self.batch = batch
        self.answer = answer
        self.statuses = statuses
        self.webhook = webhook
    }

    public var descriptor: ChannelDescriptor {
        let placeholders = request.placeholders.union(batch?.placeholders ?? [])
        var parts: Set<ChannelDescriptor.ContentPart> = []
        if placeholders.contains(.subject) { parts.insert(.subject) }
        if placeholders.contains(.option("html")) { parts.insert(.html) }
        return ChannelDescriptor(
            name: name, version: "declared", summary: summary,
            providers: [.init(name, title: summary, settings: settings)], parts: parts)
    }

    /// The module that carries the declaration out.
    public var module: ChannelModule {
        ChannelModule(descriptor: descriptor, statuses: statuses) {
            (configuration, host) throws(ConfigurationProblems) in
            try DeclaredChannel(self, configuration, host)
        }
    }
}
