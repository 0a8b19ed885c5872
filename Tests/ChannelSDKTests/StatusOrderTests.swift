import ChannelConformance
import ChannelSDK
import Testing

@Suite struct StatusOrderTests {
    private typealias Violation = StatusGraphRefusal.Violation

    @Test func aChainIsOrderedAfterTheHostsStatuses() throws {
        let order = try StatusOrder(
            checking: StatusGraph(
                version: 3, statuses: [.goal("delivered"), .progress("queued"), .failure("failed")],
                transitions: .chain("queued", "failed", "delivered")))
        #expect(
            order.statuses.map(\.name) == [
                .accepted, .rejected, .expired, .canceled, .uncertain, "queued", "failed", "delivered",
            ])
        #expect(order.version == 3)
        #expect(order.rank(of: .accepted) == 0)
        #expect(order.rank(of: "delivered").map { order[$0] } == .goal("delivered"))
        #expect(order.rank(of: "read") == nil)
        #expect(order.status(named: "failed")?.meaning == .failure)
        #expect(order.transitions.contains(StatusGraph.Transition(.uncertain, "queued")))
    }

    private static let refused: [(statuses: [StatusGraph.Status], transitions: [StatusGraph.Transition], [Violation])] =
        [
            ([], [], [.empty]),
            ([.goal("Read"), .goal("")], [.init("Read", "")], [.badName("Read"), .badName("")]),
            ([.goal("réad")], [], [.badName("réad")]),
            ([.goal("accepted")], [], [.reservedName("accepted")]),
            ([.goal("sent"), .goal("sent")], [], [.duplicateStatus("sent")]),
            (
                [.goal("sent")], [.init("sent", "read")], [.unknownStatus("read", .init("sent", "read"))]
            ),
            (
                [.progress("a"), .goal("b"), .goal("c")], [.init("a", "c"), .init("b", "c")],
                [.severalInitial(["a", "b"])]
            ),
            (
                [.progress("a"), .goal("b")], [.init("a", "b"), .init("b", "a")],
                [.cycle(["a", "b", "a"]), .noInitial]
            ),
            ([.goal("a")], [.init("a", "a")], [.cycle(["a", "a"]), .noInitial]),
            (
                [.progress("a"), .goal("b"), .goal("c")], [.init("b", "c"), .init("c", "b")],
                [.cycle(["b", "c", "b"]), .unreachable(["b", "c"])]
            ),
            ([.progress("a"), .progress("b")], [.init("a", "b")], [.nothingSettled]),
            (
                [.progress("sent"), .failure("failed"), .goal("delivered")],
                [.init("sent", "failed"), .init("sent", "delivered")], [.incomparable("failed", "delivered")]
            ),
            ((0...200).map { .goal(StatusName("s\($0)")) }, [], [.tooMany(201)]),
        ]

    @Test(arguments: refused.indices)
    func eachViolationIsNamed(index: Int) {
        let (statuses, transitions, violations) = Self.refused[index]
        let graph = StatusGraph(version: 1, statuses: statuses, transitions: transitions)
        let refusal = #expect(throws: StatusGraphRefusal.self) { try StatusOrder(checking: graph) }
        #expect(refusal?.violations == violations)
    }

    @Test func aRefusalNamesTheStatusesForPeople() {
        let cases: [(Violation, [String])] = [
            (.empty, ["no statuses"]), (.badName("Read"), ["'Read'"]), (.reservedName("accepted"), ["'accepted'"]),
            (.duplicateStatus("sent"), ["'sent'", "twice"]), (.severalInitial(["a", "b"]), ["'a', 'b'"]),
            (.unknownStatus("read", .init("sent", "read")), ["'sent → read'", "'read'"]), (.noInitial, ["first"]),
            (.cycle(["a", "b", "a"]), ["a → b → a"]), (.unreachable(["x", "y"]), ["'x', 'y'"]),
            (.incomparable("failed", "delivered"), ["'failed → delivered'", "'delivered → failed'"]),
            (.nothingSettled, ["settled"]), (.tooMany(201), ["201"]),
        ]
        for (violation, words) in cases {
            for word in words { #expect(violation.description.contains(word)) }
        }
    }

    /// The law itself, against a plain reference: of a random graph without circles and with one first status, exactly
    /// those are accepted in which every two statuses compare, and then precedence is reachability.
    @Test(arguments: [UInt64.random(in: 0 ... .max), 1, 2])
    func aGraphIsAcceptedExactlyWhenEveryTwoCompare(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var verdicts: Set<Bool> = []
        for _ in 0..<400 {
            let graph = Self.randomGraph(&generator)
            let reach = Self.closure(of: graph)
            let names = graph.statuses.map(\.name)
            let isTotal = names.allSatisfy { one in
                names.allSatisfy {
                    one == $0 || reach[one, default: []].contains($0) || reach[$0, default: []].contains(one)
                }
            }
            verdicts.insert(isTotal)
            let order = try? StatusOrder(checking: graph)
            #expect((order != nil) == isTotal, "seed \(seed): \(graph)")
            guard let order else { continue }
            for (one, reached) in reach {
                for other in reached {
                    guard let low = order.rank(of: one), let high = order.rank(of: other) else { continue }
                    #expect(low < high, "seed \(seed): \(graph)")
                }
            }
        }
        #expect(verdicts.count == 2, "seed \(seed) made graphs of one kind only")
    }

    /// Transitions run from lower to higher numbers only, so there is no circle; each has one from a lower number, so
    /// the first is the only initial one; the declaration is shuffled.
    private static func randomGraph(_ generator: inout SeededGenerator) -> StatusGraph {
        let count = Int.random(in: 1...6, using: &generator)
        let names = (0..<count).map { StatusName("s\($0)") }
        var transitions: [StatusGraph.Transition] = []
        for to in names.indices.dropFirst() {
            let needed = Int.random(in: 0..<to, using: &generator)
            for from in 0..<to where from == needed || Int.random(in: 0..<3, using: &generator) > 0 {
                transitions.append(.init(names[from], names[to]))
            }
        }
        return StatusGraph(
            version: 1, statuses: names.map { .goal($0) }.shuffled(using: &generator),
            transitions: transitions.shuffled(using: &generator))
    }

    private static func closure(of graph: StatusGraph) -> [StatusName: Set<StatusName>] {
        var reach: [StatusName: Set<StatusName>] = [:]
        for _ in graph.statuses {
            for edge in graph.transitions {
                reach[edge.from, default: []].formUnion(reach[edge.to, default: []].union([edge.to]))
            }
        }
        return reach
    }
}
