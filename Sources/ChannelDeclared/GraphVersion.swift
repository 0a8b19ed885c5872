import Crypto

public import ChannelSDK

/// The version of a declared graph is made from what it says, so that two graphs that differ never have the same, and
/// nobody can forget to raise it.
public enum GraphVersion {
    /// The first 31 bits of a SHA-256 over the statuses and transitions, whatever their order; never 0.
    public static func version(statuses: [StatusGraph.Status], transitions: [StatusGraph.Transition]) -> Int {
        let lines =
            statuses.map { "\($0.name) \($0.meaning.rawValue) \($0.isSettled)\n" }.sorted()
            + transitions.map { "\($0.from) -> \($0.to)\n" }.sorted()
        let hash = SHA256.hash(data: Array(lines.joined().utf8))
        let bits = hash.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return max(1, Int(bits >> 1))
    }
}

extension StatusGraph {
    /// A graph whose version is made from what it says.
    public init(statuses: [Status], transitions: [Transition]) {
        self.init(
            version: GraphVersion.version(statuses: statuses, transitions: transitions), statuses: statuses,
            transitions: transitions)
    }
}
