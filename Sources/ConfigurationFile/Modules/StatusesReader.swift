internal import ChannelDeclared
internal import ChannelSDK
internal import YAMLDocument

/// Reads the `statuses:` and `transitions:` of a declaration, and checks them against the status law at once: each
/// violation is reported where its status or its transition stands.
struct StatusesReader {
    private(set) var graph = StatusGraph(version: 1, statuses: [], transitions: [])
    private let check: FileCheck
    private var places: [StatusName: YAMLPosition] = [:]
    private var edges: [(edge: StatusGraph.Transition, position: YAMLPosition)] = []
    private let path: String
    private let start: YAMLPosition

    var names: [String] { graph.statuses.map(\.name.rawValue) }

    init(_ section: inout Section) {
        check = section.check
        path = section.path(of: "statuses")
        start = section.position(of: "statuses")
        let statuses = section.node(
            "statuses", "a mapping from statuses to progress, goal or failure", .required,
            "The statuses of its deliveries: of two that are reported, the later in 'transitions' wins.")
        let transitions = section.node(
            "transitions", "a list such as [queued -> sent -> delivered]", .none,
            "The moves between statuses. Default: each status in the list to the next.")
        guard let statuses else {
            section.reportMissing("statuses")
            return
        }
        let listed = read(statuses)
        if let transitions {
            read(transitions, path: section.path(of: "transitions"))
        } else {
            edges = zip(listed, listed.dropFirst()).map { (.init($0.name, $1.name), places[$1.name] ?? start) }
        }
        graph = StatusGraph(statuses: listed, transitions: edges.map(\.edge))
        checkLaw()
    }

    private mutating func read(_ node: YAMLNode) -> [StatusGraph.Status] {
        var listed: [StatusGraph.Status] = []
        for entry in check.entries(of: node, path: path) ?? [] where !entry.isRefused {
            let name = StatusName(entry.key)
            places[name] = entry.keyStart
            let shown = entry.key.printable(limit: 40)
            let meaning = check.value(
                of: entry.value, ValueKind<StatusGraph.Meaning>.statusMeaning, path: "\(path).\(shown)")
            listed.append(StatusGraph.Status(name, meaning: meaning ?? .progress, isSettled: meaning != .progress))
        }
        return listed
    }

    private mutating func read(_ node: YAMLNode, path: String) {
        guard case .sequence(let items) = node.content else {
            return check.error(
                "\(path) must be a list such as [queued -> sent -> delivered], not \(node.typeName)", at: node.start)
        }
        for (index, item) in items.enumerated() {
            guard let chain = check.value(of: item, .transitions, path: "\(path)[\(index)]") else { continue }
            edges += zip(chain, chain.dropFirst()).map { (.init($0, $1), item.start) }
        }
    }

    private func checkLaw() {
        do throws(StatusGraphRefusal) {
            _ = try StatusOrder(checking: graph)
        } catch {
            for violation in error.violations {
                check.error("\(path) breaks the status law: \(violation)", at: position(of: violation))
            }
        }
    }

    private func position(of violation: StatusGraphRefusal.Violation) -> YAMLPosition {
        switch violation {
        case .badName(let name), .reservedName(let name), .duplicateStatus(let name), .incomparable(_, let name):
            return places[name] ?? start
        case .unknownStatus(_, let edge): return position(of: edge)
        case .severalInitial(let names), .unreachable(let names): return names.last.flatMap { places[$0] } ?? start
        case .cycle(let names):
            let last = zip(names, names.dropFirst()).map { StatusGraph.Transition($0, $1) }.last
            return last.map(position) ?? start
        case .empty, .noInitial, .nothingSettled, .tooMany: return start
        }
    }

    private func position(of edge: StatusGraph.Transition) -> YAMLPosition {
        edges.first { $0.edge == edge }?.position ?? start
    }

    /// A delivery of which nothing more is heard, but which is not settled, is closed after `settle_after`.
    func warnOfOpenEnd(after answer: AnswerRules, hasWebhook: Bool, in section: Section) {
        guard check.reference == nil, !hasWebhook, let first = graph.statuses.first else { return }
        let reached = answer.status.flatMap { name in graph.statuses.first { $0.name == name } } ?? first
        guard !reached.isSettled else { return }
        check.warning(
            "\(section.path) has no webhook, and 'answer' leaves its deliveries at '\(reached.name)', which is not "
                + "settled: let answer.status be a goal", at: section.position(of: "answer"))
    }
}

extension ValueKind<StatusGraph.Meaning> {
    static let statusMeaning = ValueKind(
        expectation: "progress, goal or failure",
        parse: { (text) throws(Mismatch) in
            guard let meaning = StatusGraph.Meaning(rawValue: text) else {
                throw Mismatch(suggestion: Spelling.suggestion(for: text, among: ["progress", "goal", "failure"]))
            }
            return meaning
        }, format: { $0.rawValue })
}

extension ValueKind<[StatusName]> {
    /// Two statuses or more, with an arrow between each and the next.
    static let transitions = ValueKind(
        expectation: "statuses with arrows between them, such as queued -> sent -> delivered",
        parse: { (text) throws(Mismatch) in
            let names = text.replacing("→", with: "->").split(separator: "->", omittingEmptySubsequences: false)
                .map { $0.filter { $0 != " " } }
            guard names.count > 1, names.allSatisfy({ !$0.isEmpty }) else { throw Mismatch() }
            return names.map { StatusName(String($0)) }
        }, format: { $0.map(\.rawValue).joined(separator: " -> ") })
}

extension ValueKind<String> {
    /// One of the declaration's own.
    static func status(of statuses: [String]) -> ValueKind {
        let choice = one(of: statuses, noun: "status")
        return ValueKind(
            expectation: statuses.isEmpty ? "a status of 'statuses'" : choice.expectation, noun: choice.noun,
            parse: choice.parse, format: choice.format)
    }
}
