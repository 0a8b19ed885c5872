import ChannelSDK

/// How many permits are asked for in a tenth of a second.
struct Demand {
    private static let span = Duration.milliseconds(100)

    private var begin = Timestamp.distantPast
    private var count = 0
    private var countBefore = 0

    mutating func note(_ wanted: Int, at now: Timestamp) {
        let age = now.since(begin)
        if age >= Self.span || age < .zero {
            countBefore = age < Self.span * 2 && age >= .zero ? count : 0
            (begin, count) = (now, 0)
        }
        count = count.addingReportingOverflow(wanted).overflow ? .max : count + wanted
    }

    /// Besides the `wanted` just noted: in this tenth of a second or the one before.
    func others(than wanted: Int) -> Int { max(countBefore, count - wanted) }

    func isOver(at now: Timestamp) -> Bool { now.since(begin).magnitude >= Self.span * 2 }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
