public import Logging

/// What the host gives to every channel instance alike.
public struct ChannelHost: Sendable {
    /// The instance's name in channels.yaml.
    public let channel: String
    /// Where providers reach this host, without a trailing slash, e.g. `https://notify.example.com`.
    public let publicURL: String
    /// Carries requests and mails.
    public let transport: any Transport
    /// Keeps what can be got again; it may forget at any time.
    public let cache: any Cache
    /// Permits that all replicas share.
    public let rateLimiter: any RateLimiter
    /// The only time that a channel goes by, so that tests can hold it.
    public let clock: any WallClock
    /// Names the channel in each line; never give it a secret.
    public let logger: Logger
    /// The channel's `timeout`, for one request. A client that carries its messages itself has twice that for a delivery.
    public let timeout: Duration
    /// Where recipients of this channel's messages can unsubscribe at this host; nil: the host has no such addresses.
    public let unsubscribeLinks: UnsubscribeLinks?
    public let metrics: any ChannelMetrics

    public init(
        channel: String, publicURL: String, transport: any Transport, cache: any Cache,
        rateLimiter: any RateLimiter, clock: any WallClock, logger: Logger, timeout: Duration = .seconds(10),
        unsubscribeLinks: UnsubscribeLinks? = nil, metrics: any ChannelMetrics = NoMetrics()
    ) {
        self.channel = channel
        self.publicURL = publicURL
        self.transport = transport
        self.cache = cache
        self.rateLimiter = rateLimiter
        self.clock = clock
        self.logger = logger
        self.timeout = timeout
        self.unsubscribeLinks = unsubscribeLinks
        self.metrics = metrics
    }

    /// Where the provider reports on `delivery`. The query carries the delivery's id, which the host reads back and
    /// hands to the parser as ``WebhookRequest/delivery``.
    public func webhookURL(for delivery: DeliveryID) -> String {
        "\(publicURL)/webhooks/\(FormEncoding.percentEncode(channel))?delivery=\(delivery)"
    }
}
