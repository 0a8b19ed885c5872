import ChannelSDK

extension ConformanceSuite {
    /// Checks that the reports of each case end in one status in whatever order they come, each of them twice.
    public func check(convergence cases: [ConvergenceCase]) -> [ConformanceFinding] {
        var list = findings(.convergence)
        for one in cases {
            var evidence: [Evidence] = one.requests.map { .reports(parse($0)?.reports ?? []) }
            if let acceptance = one.acceptance { evidence.append(.acceptance(acceptance)) }
            let ends = ends(of: evidence).map(\.rawValue).sorted()
            list.expect(
                ends, is: [one.status.rawValue], at: one.location, "'\(one.name)', in any order: where it ends")
        }
        return list.findings
    }

    /// Checks the same of all webhooks of a table that speak of one delivery, whatever the status.
    public func check(convergenceOf cases: [WebhookCase]) -> [ConformanceFinding] {
        var list = findings(.convergence)
        let reported = cases.map { one in (one, parse(one.request)?.reports ?? []) }.filter { !$0.1.isEmpty }
        // By the way in which the host would find the delivery.
        let groups = Dictionary(grouping: reported) { $0.1[0].delivery?.description ?? $0.1[0].providerMessageID ?? "" }
        for group in groups.values where group.count > 1 {
            let ends = ends(of: group.map { .reports($0.1) }).map(\.rawValue).sorted()
            list.expect(
                ends.count == 1, at: group[0].0.location,
                "\(group.map { "'\($0.0.name)'" }.joined(separator: ", ")) end in \(ends.joined(separator: " or ")), as the "
                    + "order of arrival decides (seed \(seed))")
        }
        return list.findings
    }

    /// What becomes known about a delivery at once.
    private enum Evidence {
        case reports([StatusReport])
        case acceptance(Acceptance)
    }

    /// Every order of up to six, of more some hundreds; each time once more backwards, so that all come twice.
    private func ends(of evidence: [Evidence]) -> Set<StatusName> {
        var ends: Set<StatusName> = []
        func visit(_ order: [Evidence]) {
            var delivery = ReportedDelivery(order: self.order)
            for one in order + order.reversed() {
                switch one {
                case .reports(let reports): for report in reports { delivery.take(report) }
                case .acceptance(let acceptance): delivery.take(acceptance)
                }
            }
            ends.insert(delivery.status)
        }
        guard evidence.count > 6 else {
            Self.permute(evidence, visit)
            return ends
        }
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 { visit(evidence.shuffled(using: &generator)) }
        return ends
    }

    /// Heap's algorithm.
    private static func permute<Element>(_ elements: [Element], _ visit: ([Element]) -> Void) {
        var elements = elements
        func permute(_ count: Int) {
            guard count > 1 else { return visit(elements) }
            for index in 0..<count {
                permute(count - 1)
                if index < count - 1 { elements.swapAt(count.isMultiple(of: 2) ? index : 0, count - 1) }
            }
        }
        permute(elements.count)
    }
}

/// What reports make of one delivery, by the host's own law.
struct ReportedDelivery {
    let order: StatusOrder
    private(set) var status: StatusName = .accepted
    private var parts: [String: StatusName] = [:]
    private var expectedParts: [String] = []

    init(order: StatusOrder) { self.order = order }

    mutating func take(_ report: StatusReport) {
        guard let name = report.status, let rank = order.rank(of: name), rank > 0 else { return }
        guard let part = report.part else { return status = order.higher(of: status, name) }
        guard rank > parts[part].flatMap(order.rank(of:)) ?? 0 else { return }
        parts[part] = name
        status = order.higher(
            of: status, order.status(ofParts: parts, expected: expectedParts, count: report.partCount))
    }

    mutating func take(_ acceptance: Acceptance) {
        if expectedParts.isEmpty { expectedParts = acceptance.parts }
        let whole = order.status(ofParts: parts, expected: expectedParts)
        status = order.higher(of: status, order.higher(of: acceptance.status ?? order.first.name, whole))
    }
}
