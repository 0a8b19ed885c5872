public import ChannelSDK

/// When to remove what, without I/O: a sweep goes through all that is old in small steps, with pauses that leave most
/// of the store's time to the stages, and then rests.
public struct RetentionPace: Sendable {
    public struct Configuration: Sendable, Hashable {
        /// How old a notification must be, and how long ago its last change.
        public var age: Duration
        /// How many notifications one transaction looks at.
        public var batch = 500
        /// The shortest pause between two steps.
        public var pause = Duration.milliseconds(20)
        /// How many times as long as a step the pause after it is at least.
        public var share = 2
        /// From the end of a sweep to the next.
        public var rest = Duration.seconds(300)
        /// The wait after a failure; it doubles up to ``rest``.
        public var backoff = Duration.seconds(1)

        public init(age: Duration) { self.age = age }
    }

    public enum Outcome: Sendable {
        case removed(RetentionStep, took: Duration)
        case failed
    }

    public let configuration: Configuration
    private(set) var cursor: RetentionCursor?
    /// Of the sweep under way.
    private(set) var removed = 0
    private var failures = 0

    public init(_ configuration: Configuration) { self.configuration = configuration }

    /// What was last changed before this may go.
    public func moment(at now: Timestamp) -> Timestamp { now - configuration.age }

    /// How long to wait, and how many the sweep has removed if it has come to its end.
    public mutating func handle(_ outcome: Outcome) -> (wait: Duration, sweptAway: Int?) {
        switch outcome {
        case .failed:
            failures = min(failures + 1, 20)
            return (min(configuration.backoff * (1 << (failures - 1)), configuration.rest), nil)
        case .removed(let step, let took):
            failures = 0
            cursor = step.next
            removed += step.removed
            guard step.next == nil else { return (max(configuration.pause, took * configuration.share), nil) }
            defer { removed = 0 }
            return (configuration.rest, removed)
        }
    }
}
