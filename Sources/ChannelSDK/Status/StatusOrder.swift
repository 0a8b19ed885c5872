/// A checked status graph, together with the host's own statuses: a total order of precedence.
///
/// A delivery's status is the highest it has had evidence for. The highest of a set does not depend on the order in
/// which its members came or how often: that is why any permutation, repetition or delay of the same reports ends in
/// the same status, while every move still runs along declared transitions (or skips along a path of them).
public struct StatusOrder: Sendable, Hashable {
    /// A status's place in the order; 0 is `accepted`.
    public typealias Rank = UInt8

    /// The graph's.
    public let version: Int
    /// From the lowest to the highest.
    public let statuses: [StatusGraph.Status]
    /// Every declared transition, the host's included.
    public let transitions: [StatusGraph.Transition]
    private let ranks: [StatusName: Rank]

    /// Checks `graph` against the status law.
    /// - Throws: ``StatusGraphRefusal`` with every violation, naming the offending statuses.
    public init(checking graph: StatusGraph) throws(StatusGraphRefusal) {
        let whole = StatusGraphCheck(graph)
        guard whole.violations.isEmpty else { throw StatusGraphRefusal(violations: whole.violations) }
        version = graph.version
        statuses = whole.order
        transitions = whole.transitions
        ranks = Dictionary(uniqueKeysWithValues: whole.order.enumerated().map { ($1.name, Rank($0)) })
    }

    /// Nil for a name that the graph does not have.
    public func rank(of name: StatusName) -> Rank? { ranks[name] }

    /// The status at a rank of this order.
    public subscript(rank: Rank) -> StatusGraph.Status { statuses[Int(rank)] }

    /// Nil for a name that the graph does not have.
    public func status(named name: StatusName) -> StatusGraph.Status? { ranks[name].map { self[$0] } }

    /// The host's statuses, lowest first.
    public static let hostStatuses: [StatusGraph.Status] = [
        .progress(.accepted), .failure(.rejected), .failure(.expired), .failure(.canceled), .progress(.uncertain),
    ]
}

/// A graph that breaks the status law, with everything that is wrong with it.
public struct StatusGraphRefusal: Error, Hashable, CustomStringConvertible {
    /// One thing that is wrong with a graph.
    public enum Violation: Hashable, Sendable {
        /// There are no statuses.
        case empty
        /// A name has other characters than it may, or too many.
        case badName(StatusName)
        /// A name is one of the host's own.
        case reservedName(StatusName)
        /// A status is declared twice.
        case duplicateStatus(StatusName)
        /// A transition names a status that is not declared.
        case unknownStatus(StatusName, StatusGraph.Transition)
        /// No transition leads to these, so that each could come first.
        case severalInitial([StatusName])
        /// A transition leads to every one, so that none could come first.
        case noInitial
        /// The transitions run in a circle.
        case cycle([StatusName])
        /// No path leads to these.
        case unreachable([StatusName])
        /// Neither is reachable from the other, so that the order of arrival would decide.
        case incomparable(StatusName, StatusName)
        /// No status is settled.
        case nothingSettled
        /// There are more than 200.
        case tooMany(Int)
    }

    /// All of them at once.
    public let violations: [Violation]

    public var description: String { violations.map(\.description).joined(separator: "; ") }
}

extension StatusGraphRefusal.Violation: CustomStringConvertible {
    public var description: String {
        switch self {
        case .empty: "the graph has no statuses: declare at least one, and a settled one among them"
        case .badName(let name): "status '\(name)' may have only lower case letters, digits and '_', up to 40 of them"
        case .reservedName(let name): "status '\(name)' belongs to the host: choose another name"
        case .duplicateStatus(let name): "status '\(name)' is declared twice"
        case .unknownStatus(let name, let edge):
            "transition '\(edge.from) → \(edge.to)' names '\(name)', which is not declared"
        case .severalInitial(let names):
            "more than one status could come first (\(Self.list(names))): add a transition that leads to all but one"
        case .noInitial: "no status could come first: each one has a transition leading to it"
        case .cycle(let names):
            "the transitions run in a circle (\(names.map(\.rawValue).joined(separator: " → "))): remove one of them"
        case .unreachable(let names): "no path leads to \(Self.list(names))"
        case .incomparable(let left, let right):
            "neither '\(left)' nor '\(right)' is reachable from the other, so the order of reports would decide: add "
                + "'\(left) → \(right)' or '\(right) → \(left)' to say which evidence wins"
        case .nothingSettled: "no status is settled: mark at least one as a goal or a failure"
        case .tooMany(let count): "\(count) statuses are too many: 200 at most"
        }
    }

    private static func list(_ names: [StatusName]) -> String { names.map { "'\($0)'" }.joined(separator: ", ") }
}
