/// A channel module: one kind of channel, over one or several providers.
///
/// The host makes one instance for each entry of `channels:` in channels.yaml that names the module. An instance is
/// used from many tasks at once and lives until the host stops.
public protocol Channel: Sendable {
    /// Name, providers and settings: all that the host needs before it makes an instance.
    static var descriptor: ChannelDescriptor { get }

    /// The statuses of this channel's deliveries and the moves between them.
    static var statuses: StatusGraph { get }

    /// - Throws: everything that is wrong with the settings, beyond what their kinds say.
    init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems)

    var delivery: any DeliveryClient { get }
    var webhooks: any WebhookParser { get }

    /// Everything that is wrong with a request, before it is accepted. Pure and quick: it runs for each request.
    func validate(_ content: MessageContent) -> [FieldProblem]
}

extension Channel {
    public func validate(_ content: MessageContent) -> [FieldProblem] { [] }
}

public struct ChannelDescriptor: Sendable, Hashable {
    public struct Provider: Sendable, Hashable {
        /// As `provider:` names it.
        public let name: String
        /// For people.
        public let title: String
        public let settings: [Setting]

        public init(_ name: String, title: String, settings: [Setting]) {
            self.name = name
            self.title = title
            self.settings = settings
        }
    }

    /// A part of a message, beside its body, that not every channel has.
    public enum ContentPart: String, Sendable, Hashable, CaseIterable {
        case subject
        /// The option `html`.
        case html
    }

    /// As `module:` names it: lower case letters, digits and `-`.
    public let name: String
    public let version: String
    /// One sentence for the operator.
    public let summary: String
    public let providers: [Provider]
    /// What its messages can have; a template that gives another part is refused.
    public let parts: Set<ContentPart>

    public init(
        name: String, version: String, summary: String, providers: [Provider],
        parts: Set<ContentPart> = Set(ContentPart.allCases)
    ) {
        self.name = name
        self.version = version
        self.summary = summary
        self.providers = providers
        self.parts = parts
    }
}

/// The version of this contract. A loaded module carries the version that it was built against.
public let channelSDKVersion = 1
