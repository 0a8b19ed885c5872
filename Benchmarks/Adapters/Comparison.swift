import Foundation

/// An adapter beside its bare ceiling, over several rounds. What counts is the median, so that a moment of somebody
/// else's load decides nothing.
struct Comparison {
    let name: String
    /// What the ceiling is.
    let bareName: String
    /// The least part of the ceiling that is enough.
    let aim: Double
    private var ours: [Spent] = []
    private var bare: [Spent] = []

    init(_ name: String, beside bareName: String, aim: Double) {
        self.name = name
        self.bareName = bareName
        self.aim = aim
    }

    mutating func add(ours: Spent, bare: Spent) {
        self.ours.append(ours)
        self.bare.append(bare)
    }

    /// A line of JSON.
    func print() throws {
        let line = Line(
            name: name, bareName: bareName, aim: aim, rate: Self.median(ours.map(\.rate)),
            bareRate: Self.median(bare.map(\.rate)), microseconds: Self.median(ours.map(\.microseconds)),
            bareMicroseconds: Self.median(bare.map(\.microseconds)), rounds: ours.count)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        Swift.print(String(decoding: try encoder.encode(line), as: UTF8.self))
    }

    private struct Line: Encodable {
        let name, bareName: String
        let aim, rate, bareRate, microseconds, bareMicroseconds: Double
        let rounds: Int
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
