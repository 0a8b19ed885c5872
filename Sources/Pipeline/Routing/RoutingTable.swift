public import ChannelSDK

/// Which channels a request may name, and the routes: rules that choose an ordered list of channels.
public struct RoutingTable: Sendable, Hashable {
    /// The first rule that matches gives the channels. A rule without conditions always matches.
    public struct Rule: Sendable, Hashable {
        /// At least one of these is among the notification's tags; empty: any.
        public var tags: Set<String>
        /// The recipient begins with one of these, e.g. `+48`; empty: any.
        public var prefixes: [String]
        /// The recipient's part after `@` is one of these, in lower case; empty: any.
        public var domains: Set<String>
        /// To be tried in this order.
        public var channels: [String]

        public init(tags: Set<String> = [], prefixes: [String] = [], domains: Set<String> = [], channels: [String]) {
            self.tags = tags
            self.prefixes = prefixes
            self.domains = domains
            self.channels = channels
        }

        func matches(_ content: MessageContent) -> Bool {
            (tags.isEmpty || content.tags.contains(where: tags.contains))
                && (prefixes.isEmpty || prefixes.contains(where: content.recipient.hasPrefix))
                && (domains.isEmpty || content.recipient.domain.map(domains.contains) == true)
        }
    }

    public let channels: Set<String>
    /// Those that are being taken out of service: nothing new is accepted for them.
    public let leaving: Set<String>
    public let routes: [String: [Rule]]
    /// Channels that are configured, but that the host runs without: routes pass them by.
    public let absent: Set<String>

    public init(
        channels: Set<String>, leaving: Set<String> = [], routes: [String: [Rule]], absent: Set<String> = []
    ) {
        self.channels = channels
        self.leaving = leaving
        self.routes = routes
        self.absent = absent
    }

    /// The channels that `route` chooses for `content`, in order, without those that are absent; nil when no rule matches.
    public func steps(route: String, content: MessageContent) -> [String]? {
        let steps = routes[route]?.first { $0.matches(content) }?.channels
        return absent.isEmpty ? steps : steps?.filter { !absent.contains($0) }
    }
}

extension String {
    fileprivate var domain: String? {
        lastIndex(of: "@").map { self[index(after: $0)...].lowercased() }
    }
}
