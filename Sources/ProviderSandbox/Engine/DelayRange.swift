import NIOCore

/// A delay, or a range that delays are drawn from evenly.
struct DelayRange: Sendable, Hashable {
    static let zero = DelayRange(shortest: .zero, longest: .zero)

    var shortest: TimeAmount
    var longest: TimeAmount

    var isRandom: Bool { shortest < longest }

    func draw(using random: inout SeededRandom) -> TimeAmount {
        guard isRandom else { return shortest }
        return .nanoseconds(Int64.random(in: shortest.nanoseconds...longest.nanoseconds, using: &random))
    }
}

extension DelayRange {
    /// Reads `20ms` or `20ms..200ms`; units `us`, `ms`, `s`, `m`; a plain `0` needs none.
    init?(_ text: String) {
        guard let separator = text.firstRange(of: "..") else {
            guard let delay = TimeAmount(parsing: text) else { return nil }
            self.init(shortest: delay, longest: delay)
            return
        }
        let shortest = TimeAmount(parsing: text[..<separator.lowerBound])
        let longest = TimeAmount(parsing: text[separator.upperBound...])
        guard let shortest, let longest, shortest <= longest else { return nil }
        self.init(shortest: shortest, longest: longest)
    }
}

extension TimeAmount {
    /// Reads `250us`, `20ms`, `1.5s`, `2m`, `0`; up to a day.
    init?(parsing text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        guard let number = Double(digits), number.isFinite else { return nil }
        let unit: Double
        switch text[digits.endIndex...] {
        case "us": unit = 1e3
        case "ms": unit = 1e6
        case "s": unit = 1e9
        case "m": unit = 60e9
        case "" where number == 0: unit = 1
        default: return nil
        }
        guard number * unit <= 86_400e9 else { return nil }
        self = .nanoseconds(Int64(number * unit))
    }
}
