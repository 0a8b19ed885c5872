/// A checked status graph, together with the host's own statuses: a total order of precedence.
///
/// A delivery's status is the highest it has had evidence for. The highest of a set does not depend on the order in
/// which its members came or how often: that is why any permutation, repetition or delay of the same reports ends in
/// the same status, while every move still runs along declared transitions (or skips along a path of them).
public struct StatusOrder: Sendable, Hashable {
    /// A status's place in the order; 0 is `accepted`.
    public typealias Rank = UInt8

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

    public subscript(rank: Rank) -> StatusGraph.Status { statuses[Int(rank)] }

    public func status(named name: StatusName) -> StatusGraph.Status? { ranks[name].map { self[$0] } }

    /// The host's statuses, lowest first.
    public static let hostStatuses: [StatusGraph.Status] = [
        .progress(.accepted), .failure(.rejected), .failure(.expired), .failure(.canceled), .progress(.uncertain),
    ]
}

/// A graph that breaks the status law, with everything that is wrong with it.
public struct StatusGraphRefusal: Error, Hashable, CustomStringConvertible {
    public enum Violation: Hashable, Sendable {
        case empty
        case badName(StatusName)
        case reservedName(StatusName)
        case duplicateStatus(StatusName)
        case unknownStatus(StatusName, StatusGraph.Transition)
        case severalInitial([StatusName])
        case noInitial
        case cycle([StatusName])
        case unreachable([StatusName])
        case incomparable(StatusName, StatusName)
        case nothingSettled
        case tooMany(Int)
    }

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
