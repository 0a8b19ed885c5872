/// The load-time check of a status graph: finds all violations, or the order.
struct StatusGraphCheck {
    private(set) var violations: [StatusGraphRefusal.Violation] = []
    private(set) var order: [StatusGraph.Status] = []
    let transitions: [StatusGraph.Transition]

    private let graph: StatusGraph
    private var successors: [StatusName: Set<StatusName>] = [:]

    init(_ graph: StatusGraph) {
        self.graph = graph
        let host = StatusOrder.hostStatuses.map(\.name)
        var transitions = zip(host, host.dropFirst()).map { StatusGraph.Transition($0, $1) }
        let targets = Set(graph.transitions.map(\.to))
        let initial = graph.statuses.map(\.name).filter { !targets.contains($0) }
        transitions += initial.prefix(1).map { StatusGraph.Transition(.uncertain, $0) }
        self.transitions = transitions + graph.transitions

        checkNames()
        guard violations.isEmpty else { return }
        checkShape(initial: initial)
        guard violations.isEmpty else { return }
        order = StatusOrder.hostStatuses + sorted()
        checkComparable()
    }

    private mutating func checkNames() {
        if graph.statuses.isEmpty { violations.append(.empty) }
        if graph.statuses.count > 200 { violations.append(.tooMany(graph.statuses.count)) }
        let reserved = Set(StatusOrder.hostStatuses.map(\.name))
        var seen: Set<StatusName> = []
        for status in graph.statuses {
            let name = status.name
            if !Self.isWellFormed(name) { violations.append(.badName(name)) }
            if reserved.contains(name) { violations.append(.reservedName(name)) }
            if !seen.insert(name).inserted { violations.append(.duplicateStatus(name)) }
        }
        for edge in graph.transitions {
            for name in [edge.from, edge.to] where !seen.contains(name) {
                violations.append(.unknownStatus(name, edge))
            }
        }
    }

    private mutating func checkShape(initial: [StatusName]) {
        for edge in graph.transitions { successors[edge.from, default: []].insert(edge.to) }
        if let circle = findCycle() { violations.append(.cycle(circle)) }
        if initial.isEmpty { violations.append(.noInitial) }
        if initial.count > 1 { violations.append(.severalInitial(initial)) }
        if let first = initial.first {
            let reached = reachable(from: first).union([first])
            let lost = graph.statuses.map(\.name).filter { !reached.contains($0) && !initial.contains($0) }
            if !lost.isEmpty { violations.append(.unreachable(lost)) }
        }
        if !graph.statuses.contains(where: \.isSettled) { violations.append(.nothingSettled) }
    }

    /// In a total order each status reaches exactly those above it, so the count of what it reaches sorts them.
    private func sorted() -> [StatusGraph.Status] {
        graph.statuses
            .map { (status: $0, reach: reachable(from: $0.name).count) }
            .sorted { $0.reach > $1.reach }
            .map(\.status)
    }

    private mutating func checkComparable() {
        let names = graph.statuses.map(\.name)
        let reach = Dictionary(uniqueKeysWithValues: names.map { ($0, reachable(from: $0)) })
        for (index, left) in names.enumerated() {
            for right in names.dropFirst(index + 1)
            where reach[left]?.contains(right) == false && reach[right]?.contains(left) == false {
                violations.append(.incomparable(left, right))
            }
        }
    }

    private func reachable(from start: StatusName) -> Set<StatusName> {
        var found: Set<StatusName> = []
        var pending = Array(successors[start] ?? [])
        while let next = pending.popLast() {
            if found.insert(next).inserted { pending += successors[next] ?? [] }
        }
        return found
    }

    /// The statuses around the first circle found, the first repeated at the end.
    private func findCycle() -> [StatusName]? {
        for status in graph.statuses where reachable(from: status.name).contains(status.name) {
            var path = [status.name]
            while let next = successors[path[path.count - 1]]?
                .filter({ $0 == status.name || reachable(from: $0).contains(status.name) })
                .min(by: { $0.rawValue < $1.rawValue })
            {
                path.append(next)
                if next == status.name || path.count > graph.statuses.count + 1 { return path }
            }
        }
        return nil
    }

    private static func isWellFormed(_ name: StatusName) -> Bool {
        let bytes = name.rawValue.utf8
        return (1...40).contains(bytes.count)
            && bytes.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
    }
}
