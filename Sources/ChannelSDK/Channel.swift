/// One configured instance of a channel module, at work: an entry of `channels:` in channels.yaml. It is used from many
/// tasks at once, and lives until the host stops or reloads its configuration.
public protocol RunningChannel: Sendable {
    /// How it sends.
    var delivery: any DeliveryClient { get }
    /// How it reads what the provider reports.
    var webhooks: any WebhookParser { get }

    /// Everything that is wrong with a request, before it is accepted. Pure and quick: it runs for each request.
    func validate(_ content: MessageContent) -> [FieldProblem]
}

extension RunningChannel {
    public func validate(_ content: MessageContent) -> [FieldProblem] { [] }
}

/// A channel module: one kind of channel, over one or several providers. The host makes one instance for each entry of
/// `channels:` in channels.yaml that names the module.
public protocol Channel: RunningChannel {
    /// Name, providers and settings: all that the host needs before it makes an instance.
    static var descriptor: ChannelDescriptor { get }

    /// The statuses of this channel's deliveries and the moves between them.
    static var statuses: StatusGraph { get }

    /// - Throws: everything that is wrong with the settings, beyond what their kinds say.
    init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems)
}

/// A module as a value, whichever way it came to the host: compiled in, loaded from a library, or declared in
/// channels.yaml.
public struct ChannelModule: Sendable {
    /// Makes an instance of checked settings.
    public typealias Maker =
        @Sendable (ChannelConfiguration, ChannelHost) throws(ConfigurationProblems) -> any RunningChannel

    /// Name, providers and settings.
    public let descriptor: ChannelDescriptor
    /// The statuses of its deliveries.
    public let statuses: StatusGraph
    /// Nil for a module that is no type, such as a declared one.
    public let type: (any Channel.Type)?
    private let make: Maker

    /// - Parameter type: for a module that stands around another: that one's.
    public init(
        descriptor: ChannelDescriptor, statuses: StatusGraph, type: (any Channel.Type)? = nil, make: @escaping Maker
    ) {
        self.descriptor = descriptor
        self.statuses = statuses
        self.type = type
        self.make = make
    }

    public init(_ type: any Channel.Type) {
        descriptor = type.descriptor
        statuses = type.statuses
        self.type = type
        make = { (configuration, host) throws(ConfigurationProblems) in
            try type.init(configuration: configuration, host: host)
        }
    }

    /// - Throws: everything that is wrong with the settings, beyond what their kinds say.
    public func instance(
        _ configuration: ChannelConfiguration, _ host: ChannelHost
    ) throws(ConfigurationProblems) -> any RunningChannel {
        try make(configuration, host)
    }
}

/// What a module says about itself before there is an instance of it.
public struct ChannelDescriptor: Sendable, Hashable {
    /// A company or a gateway that carries the module's messages.
    public struct Provider: Sendable, Hashable {
        /// As `provider:` names it.
        public let name: String
        /// For people.
        public let title: String
        /// What the provider needs to know, as `settings:` gives it.
        public let settings: [Setting]

        public init(_ name: String, title: String, settings: [Setting]) {
            self.name = name
            self.title = title
            self.settings = settings
        }
    }

    /// A part of a message, beside its body, that not every channel has.
    public enum ContentPart: String, Sendable, Hashable, CaseIterable {
        /// A line above the body, of its own.
        case subject
        /// The option `html`.
        case html
    }

    /// As `module:` names it: lower case letters, digits and `-`.
    public let name: String
    /// The module's own, for people.
    public let version: String
    /// One sentence for the operator.
    public let summary: String
    /// At least one.
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

/// The version of this contract. It is compiled into whoever reads it: a loaded module carries the version that it was
/// built against.
@_alwaysEmitIntoClient
public var channelSDKVersion: Int { 1 }
