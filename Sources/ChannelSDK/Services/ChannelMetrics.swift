/// What a channel counts and times of its own work: shown at `/metrics` as `switchboard_channel_NAME_total` and
/// `switchboard_channel_NAME_seconds`, with the channel instance's name as the one label. What the host counts of every
/// channel anyway (sends, outcomes, webhooks, statuses) needs nothing here.
///
/// Make handles once, in the channel's `init`; using one is an addition. There is no label for what a request, a provider's
/// answer or a recipient says: a metric's name is the module's own word.
public protocol ChannelMetrics: Sendable {
    /// - Parameters:
    ///   - name: 1 to 60 of `a`–`z`, `0`–`9` and `_`, a letter first, e.g. `token_refreshes`. The same name again is the same
    ///     counter.
    ///   - help: a sentence for operators.
    /// - Returns: one that counts nothing where the name can't be, or where the channel has 32 metrics already; the log
    ///   says so.
    func counter(_ name: String, help: String) -> any ChannelCounter

    /// As ``counter(_:help:)``, for how long something takes.
    func timer(_ name: String, help: String) -> any ChannelTimer
}

/// Counts something up.
public protocol ChannelCounter: Sendable {
    /// Adds `amount`, which is not negative.
    func increment(by amount: Int)
}

extension ChannelCounter {
    /// Adds one.
    public func increment() { increment(by: 1) }
}

/// Gathers how long something takes.
public protocol ChannelTimer: Sendable {
    /// Adds one duration.
    func record(_ duration: Duration)
}

/// Counts nothing: for `check`, and for tests.
public struct NoMetrics: ChannelMetrics, ChannelCounter, ChannelTimer {
    public init() {}

    public func counter(_ name: String, help: String) -> any ChannelCounter { self }
    public func timer(_ name: String, help: String) -> any ChannelTimer { self }
    /// Counts nothing.
    public func increment(by amount: Int) {}
    /// Keeps nothing.
    public func record(_ duration: Duration) {}
}
