/// A channel's statuses and the moves it allows between them, as its author declares them.
///
/// The host puts its own statuses (`accepted`, `rejected`, `expired`, `canceled`, `uncertain`) before the channel's
/// first one and checks the whole when it loads the module: see ``StatusOrder``. In short, the graph must be a strict
/// order of precedence: of every two statuses one is reachable from the other, and that one wins when a provider
/// reports both, in whatever order. An edge is therefore a decision: `failed → delivered` says that evidence of
/// delivery outweighs evidence of failure.
///
/// ```swift
/// static let statuses = StatusGraph(
///     version: 1,
///     statuses: [.progress("queued"), .progress("sent"), .failure("failed"), .goal("delivered")],
///     transitions: .chain("queued", "sent", "failed", "delivered"))
/// ```
public struct StatusGraph: Sendable, Hashable {
    /// What it means for the notification that a delivery stands at a status.
    public enum Meaning: String, Sendable, Hashable {
        /// Under way.
        case progress
        /// What the sender hoped for. The first delivery of a route to get here stands for its notification.
        case goal
        /// It did not arrive. A route goes on to its next channel.
        case failure
    }

    /// One status, and what it means.
    public struct Status: Sendable, Hashable {
        /// As reports and the API name it.
        public let name: StatusName
        /// What it means for the notification.
        public let meaning: Meaning
        /// No more reports are needed; later evidence still applies.
        public let isSettled: Bool

        public init(_ name: StatusName, meaning: Meaning, isSettled: Bool) {
            self.name = name
            self.meaning = meaning
            self.isSettled = isSettled
        }

        /// Under way: not settled.
        public static func progress(_ name: StatusName) -> Status { Status(name, meaning: .progress, isSettled: false) }
        /// What the sender hoped for: settled.
        public static func goal(_ name: StatusName) -> Status { Status(name, meaning: .goal, isSettled: true) }
        /// It did not arrive: settled.
        public static func failure(_ name: StatusName) -> Status { Status(name, meaning: .failure, isSettled: true) }
    }

    /// A move that is allowed, and so a decision about which evidence wins: the later.
    public struct Transition: Sendable, Hashable {
        /// The status that loses.
        public let from: StatusName
        /// The status that wins.
        public let to: StatusName

        public init(_ from: StatusName, _ to: StatusName) {
            self.from = from
            self.to = to
        }
    }

    /// Raise it with every change: a delivery is judged by the version it was made under.
    public let version: Int
    /// In any order; the transitions sort them.
    public let statuses: [Status]
    /// Of every two statuses one must be reachable from the other.
    public let transitions: [Transition]

    public init(version: Int, statuses: [Status], transitions: [Transition]) {
        self.version = version
        self.statuses = statuses
        self.transitions = transitions
    }
}

extension [StatusGraph.Transition] {
    /// A transition from each name to the one after it.
    public static func chain(_ names: StatusName...) -> Self {
        zip(names, names.dropFirst()).map { StatusGraph.Transition($0, $1) }
    }
}
